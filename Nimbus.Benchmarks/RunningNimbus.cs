using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Nimbus.Benchmarks;

/// <summary>The whole system as AppHost composes it, every service a process of its own, its databases empty and thrown away.</summary>
internal sealed class RunningNimbus : IAsyncDisposable
{
    private const string ProcessId = "executable.pid";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(5);

    private readonly DistributedApplication _app;

    private RunningNimbus(DistributedApplication app, NpgsqlDataSource events)
    {
        _app = app;
        Events = events;
    }

    /// <summary>eventsdb.</summary>
    public NpgsqlDataSource Events { get; }

    /// <summary>The host and its resources.</summary>
    public DistributedApplication App => _app;

    /// <summary>Where clients send.</summary>
    public Uri Gateway => _app.GetEndpoint("gateway");

    /// <summary>Starts it, and returns when it is healthy.</summary>
    /// <param name="settings">As given to AppHost: <c>--Nimbus:RateLimit:PerKeyPerMinute=1000</c>.</param>
    public static async Task<RunningNimbus> StartAsync(IEnumerable<string> settings, CancellationToken ct)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nimbus_AppHost>(
            [
                "--Nimbus:Ephemeral=true",
                // Given rather than generated, so that nothing is written to the user secrets.
                "--Parameters:jwt-secret=a-secret-of-the-benchmarks-that-is-long-enough",
                "--Parameters:master-key=a-master-key-of-the-benchmarks-long-enough",
                "--Parameters:postgres-password=only-for-the-benchmarks",
                "--Parameters:redis-password=only-for-the-benchmarks",
                .. settings,
            ], ct);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)
            .AddFilter("System.Net.Http", LogLevel.Warning).AddFilter("Nimbus.AppHost.Resources", LogLevel.Warning));
        var app = await builder.BuildAsync(ct);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(StartTimeout);
        await app.StartAsync(bound.Token);
        // With several query services each has a name of its own, and the gateway waits for all of them.
        foreach (var resource in (string[])["ingest-writer", "gateway"])
            await app.ResourceNotifications.WaitForResourceHealthyAsync(resource, bound.Token);
        var connection = await app.GetConnectionStringAsync("eventsdb", ct);
        return new RunningNimbus(app, NpgsqlDataSource.Create(connection!));
    }

    public async Task<string> ConnectionStringAsync(string resource, CancellationToken ct) =>
        (await _app.GetConnectionStringAsync(resource, ct))!;

    /// <summary>Speaks to a service itself, past the gateway.</summary>
    public HttpClient Service(string resource) => _app.CreateHttpClient(resource);

    /// <summary>The process of a resource, or null where the host does not tell, as with containers.</summary>
    public async Task<int?> ProcessIdAsync(string resource, CancellationToken ct)
    {
        var healthy = await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, ct);
        return healthy.Snapshot.Properties.FirstOrDefault(property => property.Name == ProcessId)?.Value is { } value
            ? Convert.ToInt32(value, CultureInfo.InvariantCulture)
            : null;
    }

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
