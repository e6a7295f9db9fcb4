using System.Globalization;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>
/// Events per second accepted and stored through the gateway, and beside it, in turn on the same server, what the database does
/// for the writer's SQL alone; then the price of an event, and requests of one event.
/// </summary>
internal static class IngestBenchmark
{
    // A second or two of what the writer stores: enough that it always has the next transaction's worth at hand.
    private const int MostWaiting = 60;

    private const string SizeSql = """
        SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'events'::regclass)::bigint,
               pg_total_relation_size('event_keys_1'), pg_total_relation_size('ingest_batches') + pg_total_relation_size('outbox'),
               (pg_current_wal_lsn() - '0/0')::bigint
        """;

    public static async Task RunAsync(IngestPlan plan, CancellationToken ct)
    {
        // Raised, not off: every request is still counted.
        await using var nimbus = await RunningNimbus.StartAsync(
            [
                "--Nimbus:RateLimit:PerKeyPerMinute=100000000",
                // A burst that nobody stores yet fills the default of one gigabyte in less than half a minute.
                "--Nimbus:Ingest:MaxPendingBytes=8589934592",
                "--Nimbus:Gateway:Metrics=true",
            ], ct);
        using var redis = await ConnectionMultiplexer.ConnectAsync(await nimbus.ConnectionStringAsync("redis", ct));
        var backlog = new Backlog(redis.GetDatabase());
        var project = await LoadProject.CreateAsync(nimbus.Gateway, ct);
        Say($"filling two generations with {plan.Keys:N0} event keys each");
        await KeyFill.RunAsync(nimbus.Events, project.Id, plan.Keys, ct);

        using var load = new BatchLoad(nimbus.Gateway, project, nimbus.Events, backlog, plan);
        Say("warming up");
        await load.RunAsync(plan.Other, 0, MostWaiting, null, ct);
        var batches = plan.Batches ? await BatchesAsync(nimbus, project, load, backlog, plan, ct) : null;
        SingleLoadResult? singles = null;
        if (plan.Singles)
        {
            Say("requests of one event");
            using var single = new SingleLoad(nimbus, project, backlog);
            singles = await single.RunAsync(plan.Other, ct);
        }
        IngestReport.Print(await Machine.ThisAsync(nimbus.Events, ct), plan, batches, singles);
    }

    private static async Task<BatchFigures> BatchesAsync(
        RunningNimbus nimbus, LoadProject project, BatchLoad load, Backlog backlog, IngestPlan plan, CancellationToken ct)
    {
        var yardstick = new Yardstick(nimbus.Events, project);
        await yardstick.PrepareAsync(ct);
        await yardstick.RunAsync(TimeSpan.FromSeconds(2), ct);
        var rounds = new List<Round>();
        for (var i = 0; i < plan.Repeats; i++)
        {
            Say($"round {i + 1} of {plan.Repeats}");
            rounds.Add(await RoundAsync(nimbus, load, yardstick, backlog, plan, ct));
        }
        Say("10 % duplicates");
        var repeated = await load.RunAsync(plan.Other, 10, MostWaiting, null, ct);
        Say("accepted, whoever stores it");
        return new BatchFigures(rounds, repeated, await load.RunAsync(plan.Other, 1, null, null, ct));
    }

    private static async Task<Round> RoundAsync(
        RunningNimbus nimbus, BatchLoad load, Yardstick yardstick, Backlog backlog, IngestPlan plan, CancellationToken ct)
    {
        var uses = new List<SystemUse>();
        var sizes = new List<Sizes>();
        var memory = new Dictionary<string, long>();
        double? entryBytes = null;
        var stored = new List<long>();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var watch = WatchMemoryAsync(nimbus, memory, watching.Token);
        var result = await load.RunAsync(plan.Load, 1, MostWaiting, async () =>
        {
            uses.Add(await SystemUse.NowAsync(nimbus, ct));
            sizes.Add(await SizesAsync(nimbus.Events, ct));
            stored.Add(await load.StoredAsync(ct));
            entryBytes = await backlog.BytesPerEntryAsync() ?? entryBytes;
        }, ct);
        await watching.CancelAsync();
        await watch;
        var alone = await yardstick.RunAsync(plan.Other, ct);
        Say($"stored {result.Stored:N0}/s, yardstick {alone:N0}/s: {result.Handled / alone:P1}");
        return new Round(result, alone, uses[0], uses[1], sizes[0], sizes[1], stored[1] - stored[0], memory, entryBytes / BatchLoad.BatchSize);
    }

    private static async Task WatchMemoryAsync(RunningNimbus nimbus, Dictionary<string, long> highest, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                foreach (var resource in SystemUse.Allocating.Append("redis"))
                {
                    if (ProcessUse.MemoryBytes(await nimbus.ProcessIdAsync(resource, ct)) is { } bytes)
                        highest[resource] = Math.Max(highest.GetValueOrDefault(resource), bytes);
                }
                await Task.Delay(500, ct);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task<Sizes> SizesAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand(SizeSql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new Sizes(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Say(string text) => Console.WriteLine(text);
}
