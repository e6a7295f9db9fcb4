using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nimbus.Client;

namespace Nimbus.Benchmarks.Kill;

/// <summary>How long, how often and whom.</summary>
/// <param name="Seed">Of what is chosen at random: victims, pauses, sizes of batches. The moments differ all the same.</param>
/// <param name="Duration">How long clients send.</param>
/// <param name="Kills">How many processes are killed meanwhile. Where restarts are slow it takes longer.</param>
/// <param name="Pause">Of each client between two requests.</param>
internal sealed record KillPlan(int Seed, TimeSpan Duration, int Kills, TimeSpan Pause)
{
    /// <summary>The resources of which one is killed, at random.</summary>
    public IReadOnlyList<string> Victims { get; init; } = ["ingest", "ingest-writer", "redis", "postgres"];
}

/// <summary>The running system, and the project that is sent to.</summary>
internal sealed record KillTarget(
    DistributedApplication App, HttpClient Gateway, ProjectWithSecret Project, string EventsConnection, string RedisConnection)
{
    private const string ProcessId = "executable.pid";

    /// <summary>The process of a resource that is healthy now; null where it is not, or where the host does not tell.</summary>
    public int? ProcessOf(string resource) =>
        App.ResourceNotifications.TryGetCurrentState(resource, out var e) && e.Snapshot.HealthStatus == HealthStatus.Healthy
        && e.Snapshot.Properties.FirstOrDefault(property => property.Name == ProcessId)?.Value is { } process
            ? Convert.ToInt32(process, CultureInfo.InvariantCulture)
            : null;
}
