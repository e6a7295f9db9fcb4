using System.Collections.Concurrent;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>A 202 is a promise: processes are killed under load, and the ids sent are compared with the ids stored.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class DurabilityTests(NimbusSystem nimbus)
{
    private const int Senders = 4;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    [SkippableFact]
    public async Task Killing_any_process_loses_no_acknowledged_event_and_stores_none_twice()
    {
        await nimbus.RequireKillAsync("ingest");
        var project = await TestProject.CreateAsync(nimbus);
        var sent = new ConcurrentDictionary<string, bool>();
        var acknowledged = new ConcurrentDictionary<string, bool>();
        using var end = new CancellationTokenSource(Bound);

        var senders = Enumerable.Range(0, Senders).Select(sender => SendAsync(project, sender, sent, acknowledged, end.Token)).ToArray();
        foreach (var victim in (string[])["ingest-writer", "ingest", "redis", "postgres", "ingest-writer"])
        {
            await Eventually.TrueAsync(
                AcknowledgedMoreThan(acknowledged, acknowledged.Count), () => $"{acknowledged.Count} acknowledged", TimeSpan.FromSeconds(60));
            await nimbus.KillAsync(victim);
        }
        await Eventually.TrueAsync(
            AcknowledgedMoreThan(acknowledged, acknowledged.Count), () => $"{acknowledged.Count} acknowledged", TimeSpan.FromSeconds(60));
        await end.CancelAsync();
        await Task.WhenAll(senders);

        foreach (var resource in (string[])["postgres", "redis", "ingest", "ingest-writer", "query"])
            await nimbus.WaitHealthyAsync(resource);
        long count = 0;
        await Eventually.TrueAsync(
            async () => (count = await project.CountAsync()) >= acknowledged.Count,
            () => $"{count} of {acknowledged.Count} acknowledged events are stored", TimeSpan.FromSeconds(60));
        var stored = (await project.AllEventsAsync()).Select(e => e.Props!.Value.GetProperty("id").GetString()!).ToList();

        Assert.True(acknowledged.Count > 1000, $"only {acknowledged.Count} events were acknowledged: the load proves nothing");
        Assert.Empty(acknowledged.Keys.Except(stored));
        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Empty(stored.Except(sent.Keys));
    }

    private static Func<Task<bool>> AcknowledgedMoreThan(ConcurrentDictionary<string, bool> acknowledged, int before) =>
        () => Task.FromResult(acknowledged.Count > before + 200);

    private static async Task SendAsync(
        TestProject project,
        int sender,
        ConcurrentDictionary<string, bool> sent,
        ConcurrentDictionary<string, bool> acknowledged,
        CancellationToken end)
    {
        using var client = project.Client();
        for (var batch = 0; !end.IsCancellationRequested; batch++)
        {
            var ids = Enumerable.Range(0, 20).Select(i => $"{sender}-{batch}-{i}").ToArray();
            foreach (var id in ids)
                sent[id] = true;
            // The client repeats what was not answered for as long as it takes; every event has a key.
            await client.SendAsync([.. ids.Select(id => new NimbusEvent("load")
            {
                UserId = $"user-{sender}",
                IdempotencyKey = id,
                Properties = new Dictionary<string, object?> { ["id"] = id },
            })], CancellationToken.None);
            foreach (var id in ids)
                acknowledged[id] = true;
        }
    }
}
