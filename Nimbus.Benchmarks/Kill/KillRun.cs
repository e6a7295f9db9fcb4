using System.Diagnostics;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.Benchmarks.Kill;

/// <summary>
/// Clients send while processes are killed at random with kill -9, each started again by the host. Afterwards the ids of what
/// was sent, what was acknowledged and what is stored are compared.
/// </summary>
internal sealed class KillRun(KillTarget target, KillPlan plan)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);
    private static readonly RedisKey Stream = "nimbus:events:{0}";

    private readonly Ledger _ledger = new();
    private readonly Dictionary<string, int> _kills = plan.Victims.ToDictionary(victim => victim, _ => 0);

    /// <param name="log">Told of each kill.</param>
    public async Task<KillOutcome> RunAsync(Action<string> log, CancellationToken ct)
    {
        var random = new Random(plan.Seed);
        var lasted = Stopwatch.StartNew();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Way[] ways = [new ByClient(target.Gateway, target.Project), new BySignature(target.Gateway, target.Project),
            new Once(target.Gateway, target.Project), new BySdk(target.Gateway, target.Project)];
        var senders = ways.Select((way, number) => SendAsync(way, $"{plan.Seed}-{number}", new Random(random.Next()), end.Token, ct)).ToList();
        await KillAsync(random, lasted, senders, log, ct);
        await end.CancelAsync();
        await Task.WhenAll(senders).WaitAsync(Patience, ct);

        var catching = Stopwatch.StartNew();
        await EverythingStoredAsync(ct);
        var caught = catching.Elapsed;
        var stored = await StoredAsync(ct);
        var sent = _ledger.SentIds.ToHashSet();
        var acknowledged = _ledger.AcknowledgedIds.ToList();
        return new KillOutcome(
            plan.Seed, lasted.Elapsed, _kills, sent.Count, acknowledged.Count, stored.Count,
            [.. acknowledged.Where(id => !stored.ContainsKey(id))],
            [.. stored.Where(id => id.Value > 1).Select(id => id.Key)],
            [.. stored.Keys.Where(id => !sent.Contains(id))],
            _ledger.LongestSilence, caught)
        {
            Ways = _ledger.Ways,
        };
    }

    private async Task SendAsync(Way way, string prefix, Random random, CancellationToken end, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var atTheEnd = end.Register(() => bound.CancelAfter(Patience));
        for (var batch = 0; !end.IsCancellationRequested; batch++)
        {
            var ids = Enumerable.Range(0, random.Next(1, 50)).Select(i => $"{prefix}-{batch}-{i}").ToArray();
            _ledger.Sending(way.Name, ids);
            // What was begun is brought to its end, also after the end of the run.
            if (await way.SendAsync(ids, () => _ledger.Repeating(way.Name), bound.Token))
                _ledger.Acknowledged(ids);
            await Task.Delay(plan.Pause, ct);
        }
    }

    private async Task KillAsync(Random random, Stopwatch lasted, List<Task> senders, Action<string> log, CancellationToken ct)
    {
        var round = new List<string>();
        var latest = 2 * plan.Duration + Patience;
        for (var kills = 0; lasted.Elapsed < plan.Duration || kills < plan.Kills && lasted.Elapsed < latest;)
        {
            // A sender only ends before its time when something is wrong with it.
            if (senders.Find(sender => sender.IsFaulted) is { } broken)
                await broken;
            await Task.Delay((plan.Duration / plan.Kills) * (0.2 + 1.6 * random.NextDouble()), ct);
            // In rounds, so that a short run leaves nobody out.
            if (round.Count == 0)
                round.AddRange(plan.Victims.OrderBy(_ => random.Next()));
            if (round.Find(victim => target.ProcessOf(victim) is not null) is not { } name || !TryKill(target.ProcessOf(name)))
                continue;
            round.Remove(name);
            kills++;
            _kills[name]++;
            log(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{lasted.Elapsed.TotalSeconds,6:0.0} s  kill -9 {name}, {_ledger.Sent} events sent"));
        }
    }

    private static bool TryKill(int? processId)
    {
        if (processId is not { } id)
            return false;
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            return true;
        }
        catch (ArgumentException)
        {
            // It ended by itself meanwhile.
            return false;
        }
    }

    private async Task EverythingStoredAsync(CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Patience);
        foreach (var resource in plan.Victims)
            await target.App.ResourceNotifications.WaitForResourceHealthyAsync(resource, bound.Token);
        while (await WaitingAsync() is > 0 or null)
            await Task.Delay(BetweenLooks, bound.Token);
        // What was killed last was a connection of somebody's pool.
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>How many entries are in the stream; null while Redis does not tell.</summary>
    private async Task<long?> WaitingAsync()
    {
        try
        {
            using var redis = await ConnectionMultiplexer.ConnectAsync(target.RedisConnection);
            return (long)await redis.GetDatabase().ExecuteAsync("XLEN", Stream).WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>How often each id is stored.</summary>
    private async Task<Dictionary<string, long>> StoredAsync(CancellationToken ct)
    {
        await using var database = NpgsqlDataSource.Create(target.EventsConnection);
        await using var command = database.CreateCommand(
            "SELECT props ->> 'id', count(*) FROM events WHERE project_id = $1 GROUP BY 1");
        command.CommandTimeout = 0;
        command.Parameters.AddWithValue(target.Project.Project.Id);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var stored = new Dictionary<string, long>();
        while (await reader.ReadAsync(ct))
            stored[await reader.IsDBNullAsync(0, ct) ? "" : reader.GetString(0)] = reader.GetInt64(1);
        return stored;
    }
}
