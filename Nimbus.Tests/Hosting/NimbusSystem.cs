using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Nimbus.Tests.Hosting;

/// <summary>
/// The whole running system, as AppHost composes it, started once for all tests of the collection: real PostgreSQL, real
/// Redis, every service a process of its own, the databases empty and thrown away.
/// </summary>
public class NimbusSystem : IAsyncLifetime
{
    public const string Collection = "Nimbus system";

    /// <summary>Known to the tests, so that they can speak to internal endpoints as a service does.</summary>
    public const string JwtSecret = "a-secret-of-the-tests-that-is-long-enough";

    public const string MasterKey = "a-master-key-of-the-tests-that-is-long-enough";

    private const string ProcessId = "executable.pid";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RestartTimeout = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _engineFolder = Directory.CreateTempSubdirectory("nimbus-tests-engine-");
    private DistributedApplication? _app;
    private TelemetryCollector? _telemetry;

    /// <summary>Speaks to the one public address.</summary>
    public HttpClient Gateway { get; private set; } = null!;

    /// <summary>Where the services send traces, metrics and logs.</summary>
    public TelemetryCollector Telemetry => _telemetry ?? throw new InvalidOperationException("The system has not started.");

    /// <summary>The host and its resources.</summary>
    internal DistributedApplication App => _app ?? throw new InvalidOperationException("The system has not started.");

    public async Task InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nimbus_AppHost>(
            [
                "--Nimbus:Ephemeral=true",
                // All tests come from one address. What limits do, tests of limits test on services of their own.
                "--Nimbus:RateLimit:Enabled=false",
                // Its own folder outlives the process, as that of a real installation does.
                $"--Nimbus:Engine:Folder={_engineFolder.FullName}",
                // Erasures are worked off as they come.
                "--Nimbus:Erasure:BetweenRounds=00:00:00",
                // What viewers wait a quarter of a minute for, tests do not.
                "--Nimbus:Live:PingEvery=00:00:01.500",
                "--Nimbus:Live:CheckEvery=00:00:00.500",
                $"--Parameters:jwt-secret={JwtSecret}",
                // Given rather than generated, so that tests neither read nor write the user secrets of who runs them.
                $"--Parameters:master-key={MasterKey}",
                "--Parameters:postgres-password=only-for-the-tests",
                "--Parameters:redis-password=only-for-the-tests",
                .. Settings,
            ]);
        Configure(builder);
        if (IsTheOne)
        {
            _telemetry = await TelemetryCollector.StartAsync();
            // Said of each service itself, last: a host that has a dashboard in mind sends them to that, whatever the arguments say.
            foreach (var service in (string[])["identity", "ingest", "ingest-writer", "query", "gateway"])
                builder.CreateResourceBuilder<ProjectResource>(service)
                    .WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", _telemetry.Address)
                    .WithEnvironment("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        }
        // What the services say goes on in their own processes; here only what went wrong is worth a line.
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)
            .AddFilter("System.Net.Http", LogLevel.Warning).AddFilter("Nimbus.AppHost.Resources", LogLevel.Warning));
        _app = await builder.BuildAsync();
        using var timeout = new CancellationTokenSource(StartTimeout);
        await _app.StartAsync(timeout.Token);
        foreach (var resource in (string[])["ingest-writer", "gateway"])
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
        Gateway = _app.CreateHttpClient("gateway");
    }

    public async Task DisposeAsync()
    {
        if (_app is null)
            return;
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_telemetry is not null)
            await _telemetry.DisposeAsync();
        _engineFolder.Delete(recursive: true);
    }

    /// <summary>Of the systems of this process the one that the rest of the tests share, whose services send telemetry.</summary>
    protected virtual bool IsTheOne => true;

    /// <summary>What AppHost is told besides.</summary>
    protected virtual IEnumerable<string> Settings => [];

    /// <summary>Says more of its resources before they start.</summary>
    protected virtual void Configure(IDistributedApplicationTestingBuilder builder)
    {
    }

    /// <summary>Where the query service keeps its files.</summary>
    public string EngineFolder => _engineFolder.FullName;

    /// <summary>Speaks to a service itself, past the gateway.</summary>
    public HttpClient Service(string resource) => App.CreateHttpClient(resource);

    public async Task<string> ConnectionStringAsync(string resource) =>
        await App.GetConnectionStringAsync(resource) ?? throw new InvalidOperationException($"{resource} has no connection string");

    public async Task WaitHealthyAsync(string resource)
    {
        using var timeout = new CancellationTokenSource(RestartTimeout);
        await App.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
    }

    /// <summary>Skips the test, with the reason, where the host cannot say which process a resource is, or would leave it down.</summary>
    public async Task RequireKillAsync(params string[] resources)
    {
        // Real Aspire does tell the processes of projects, but starts none of them again; its servers are containers.
        Skip.If(
            await ProcessIdAsync("postgres") is null,
            $"this host tells no {ProcessId} of postgres: it runs containers and does not start again what crashes");
        foreach (var resource in resources)
            Skip.If(await ProcessIdAsync(resource) is null, $"this host tells no {ProcessId} of {resource}, so it cannot be killed and watched");
    }

    /// <summary>Stops a process in its tracks, as a machine that swaps or a debugger would, until disposed.</summary>
    public async Task<IAsyncDisposable> SuspendAsync(string resource)
    {
        await RequireKillAsync(resource);
        var process = (await ProcessIdAsync(resource))!.Value;
        Signals.Send(process, Signals.Stop);
        return new Suspension(process);
    }

    /// <summary>kill -9, and back only once another process stands in its place, healthy.</summary>
    public async Task KillAsync(string resource)
    {
        await RequireKillAsync(resource);
        var killed = (await ProcessIdAsync(resource))!.Value;
        Signals.Send(killed, Signals.Kill);
        using var timeout = new CancellationTokenSource(RestartTimeout);
        await App.ResourceNotifications.WaitForResourceAsync(
            resource, e => ProcessIdOf(e) is { } now && now != killed, timeout.Token);
        // Connections of the tests to a database that was killed are dead, and their pools do not know.
        NpgsqlConnection.ClearAllPools();
        await App.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
    }

    /// <summary>The process of a healthy resource, or null where the host does not tell.</summary>
    public async Task<int?> ProcessIdAsync(string resource)
    {
        using var timeout = new CancellationTokenSource(RestartTimeout);
        return ProcessIdOf(await App.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token));
    }

    private static int? ProcessIdOf(ResourceEvent e) =>
        e.Snapshot.Properties.FirstOrDefault(property => property.Name == ProcessId)?.Value is { } value
            ? Convert.ToInt32(value, CultureInfo.InvariantCulture)
            : null;
}

/// <summary>A stopped process, until disposed.</summary>
internal sealed class Suspension(int processId) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        Signals.Send(processId, Signals.Continue);
        return ValueTask.CompletedTask;
    }
}

/// <summary>The tests that share the one running system.</summary>
[CollectionDefinition(NimbusSystem.Collection)]
public sealed class SharesNimbusSystem : ICollectionFixture<NimbusSystem>;
