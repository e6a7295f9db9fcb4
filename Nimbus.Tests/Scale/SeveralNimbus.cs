using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Scale;

/// <summary>A running system with two of every service, and the stream in four shards. Its PostgreSQL keeps the statements it is given.</summary>
public sealed class SeveralNimbus : NimbusSystem
{
    public new const string Collection = "Several of every service";

    /// <summary>Where the query services look for a read replica, which is there during the tests that start one.</summary>
    public static readonly int ReplicaPort = Ports.Free();

    public static readonly string[] QueryServices = ["query-0", "query-1"];

    protected override bool IsTheOne => false;

    protected override IEnumerable<string> Settings =>
    [
        "--Replicas:gateway=2", "--Replicas:identity=2", "--Replicas:ingest=2", "--Replicas:ingest-writer=2", "--Replicas:query=2",
        "--Nimbus:Events:Shards=4",
        $"--ConnectionStrings:eventsdb-read=Host=127.0.0.1;Port={ReplicaPort};Username=postgres;Password=only-for-the-tests;Database=eventsdb",
    ];

    protected override void Configure(IDistributedApplicationTestingBuilder builder) =>
        builder.CreateResourceBuilder<PostgresServerResource>("postgres").WithArgs(
            "-c", "shared_preload_libraries=pg_stat_statements", "-c", "pg_stat_statements.track_planning=off");

    /// <summary>A project that the gateway asks this query service about.</summary>
    public static async Task<TestProject> ProjectOfAsync(TestAccount account, string service)
    {
        while (true)
        {
            var project = await account.CreateProjectAsync();
            if (ServiceOf(project.Id) == service)
                return project;
        }
    }

    /// <summary>The query service that the gateway asks about a project while all are well.</summary>
    public static string ServiceOf(Guid project) =>
        Nimbus.Gateway.Routes.ProjectHash.Weight("query", project) > Nimbus.Gateway.Routes.ProjectHash.Weight("query-1", project) ? "query-0" : "query-1";

    /// <summary>Asks a query service itself, past the gateway.</summary>
    public async Task<HttpResponseMessage> AskAsync(string service, TestAccount account, string path)
    {
        using var client = Service(service);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", account.Session.AccessToken);
        return await client.SendAsync(request);
    }

    /// <summary>kill -9 of one process: of a resource with several its first. It is started again by itself.</summary>
    public void KillOne(string resource)
    {
        using var process = Process.GetProcessById(ProcessOf(resource) ?? throw new InvalidOperationException($"{resource} has no process now"));
        process.Kill();
    }

    /// <summary>The process of a resource, of one with several its first; null where the host does not tell, or while it is down.</summary>
    public int? ProcessOf(string resource) =>
        (App.ResourceNotifications.TryGetCurrentState($"{resource}-0", out var state) || App.ResourceNotifications.TryGetCurrentState(resource, out state))
        && state.Snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value is { } id
            ? Convert.ToInt32(id, CultureInfo.InvariantCulture)
            : null;
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(SeveralNimbus.Collection)]
public sealed class SharesSeveralNimbus : ICollectionFixture<SeveralNimbus>;
