using Nimbus.Benchmarks.Kill;
using Nimbus.Client;
using Nimbus.Tests.Hosting;
using Xunit.Abstractions;

namespace Nimbus.Tests.EndToEnd;

/// <summary>A 202 is a promise: processes are killed under load, and the ids sent are compared with the ids stored.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class KillTests(NimbusSystem nimbus, ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Killing_processes_at_random_loses_no_acknowledged_event_and_stores_none_twice()
    {
        await nimbus.RequireKillAsync("ingest", "ingest-writer", "redis");
        var project = await TestProject.CreateAsync(nimbus);
        var plan = new KillPlan(Random.Shared.Next(), TimeSpan.FromSeconds(30), Kills: 10, Pause: TimeSpan.FromMilliseconds(20));
        output.WriteLine($"Seed {plan.Seed}");
        var target = new KillTarget(
            nimbus.App, nimbus.Gateway, new ProjectWithSecret(project.Project, project.Secret),
            await nimbus.ConnectionStringAsync("eventsdb"), await nimbus.ConnectionStringAsync("redis"));

        var outcome = await new KillRun(target, plan).RunAsync(output.WriteLine, CancellationToken.None);

        output.WriteLine(outcome.ToString());
        foreach (var resource in (string[])["query", "gateway", "identity"])
            await nimbus.WaitHealthyAsync(resource);
        Assert.True(outcome.Acknowledged > 1000, $"only {outcome.Acknowledged} events were acknowledged: the load proves nothing");
        Assert.Equal((plan.Seed, "", "", ""), (plan.Seed, Some(outcome.Lost), Some(outcome.Doubled), Some(outcome.NeverSent)));
        await project.WaitForCountAsync(outcome.Stored);
    }

    private static string Some(IReadOnlyList<string> ids) => string.Join(' ', ids.Take(20));
}
