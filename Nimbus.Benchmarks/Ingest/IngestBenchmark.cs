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
        await using var nimbus = await RunningNimbus.StartAsync(["--Nimbus:RateLimit:PerKeyPerMinute=100000000", "--Nimbus:Gateway:Metrics=true"], ct);
        using var redis = await ConnectionMultiplexer.ConnectAsync(await nimbus.ConnectionStringAsync("redis", ct));
        var backlog = new Backlog(redis.GetDatabase());
        var project = await LoadProject.CreateAsync(nimbus.Gateway, ct);
        Say($"filling two generations with {plan.Keys:N0} event keys each");
        await KeyFill.RunAsync(nimbus.Events, project.Id, plan.Keys, ct);

        using var load = new BatchLoad(nimbus.Gateway, project, nimbus.Events, backlog, plan);
        Say("warming up");
        await load.RunAsync(plan.Other, 0, MostWaiting, null, ct);
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
        var burst = await load.RunAsync(plan.Other, 1, null, null, ct);
        SingleLoadResult? singles = null;
        if (plan.Singles)
        {
            Say("requests of one event");
            using var single = new SingleLoad(nimbus.Gateway, project, backlog);
            singles = await single.RunAsync(plan.Other, ct);
        }
        Print(await Machine.ThisAsync(nimbus.Events, ct), plan, rounds, repeated, burst, singles);
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
                foreach (var resource in SystemUse.Resources)
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

    private static void Print(
        Machine machine, IngestPlan plan, List<Round> rounds, BatchLoadResult repeated, BatchLoadResult burst, SingleLoadResult? singles)
    {
        var accepted = Middle(r => r.Load.Accepted);
        var stored = Middle(r => r.Load.Stored);
        var alone = Middle(r => r.Yardstick);
        var share = Middle(r => r.Load.Handled / r.Yardstick);
        var lags = rounds.SelectMany(r => r.Load.Lags).Order().ToList();
        var growth = Middle(r => r.Load.Lags.TakeLast(r.Load.Lags.Count / 3).Average() - r.Load.Lags.Take(r.Load.Lags.Count / 3).Average());
        var perEvent = new
        {
            postgres_events = Middle(r => Each(r, s => s.Events)),
            postgres_keys = Middle(r => Each(r, s => s.Keys)),
            postgres_notes = Middle(r => Each(r, s => s.Notes)),
            postgres_wal = Middle(r => Each(r, s => s.Wal)),
            redis_memory = Middle(r => r.RedisBytes ?? double.NaN),
            gateway_allocated = Middle(r => r.After.AllocatedSince(r.Before, "gateway") / r.Handled),
            intake_allocated = Middle(r => r.After.AllocatedSince(r.Before, "ingest") / r.Handled),
            writer_allocated = Middle(r => r.After.AllocatedSince(r.Before, "ingest-writer") / r.Handled),
        };
        var memory = SystemUse.Resources.Where(name => rounds[0].Memory.ContainsKey(name))
            .ToDictionary(name => name, name => Middle(r => r.Memory[name]));
        var cpu = rounds[0].After.CpuSince(rounds[0].Before).ConvertAll(use => use.Name).ToDictionary(
            name => name,
            name => Middle(r => r.After.CpuSince(r.Before).First(use => use.Name == name).Seconds / (r.Handled / 1e6)));

        var speeds = new Table($"median of {plan.Repeats} × {plan.Seconds} s", "events/s", "goal")
            .Add("accepted, lag not growing", N(accepted), "")
            .Add("stored, lag not growing", N(stored), "")
            .Add("stored with 10 % duplicates", N(repeated.Stored), "")
            .Add("accepted, whoever stores it", N(burst.Accepted), "")
            .Add("yardstick: the writer's SQL alone", N(alone), "")
            .Add("stored of the yardstick", share.ToString("P1", CultureInfo.InvariantCulture), "≥ 60 %")
            .Add("lag: median, longest (s)", $"{Seconds(Report.Percentile(lags, 0.5))}, {Seconds(Report.Percentile(lags, 1))}", "")
            .Add("lag: last third against first (s)", Seconds(growth), "≤ 0");
        var costs = new Table("bytes per event", "", "goal")
            .Add("PostgreSQL: events and their indexes", N(perEvent.postgres_events), "")
            .Add("PostgreSQL: event keys", N(perEvent.postgres_keys), "")
            .Add("PostgreSQL: entries and outbox", N(perEvent.postgres_notes), "")
            .Add("PostgreSQL: write-ahead log", N(perEvent.postgres_wal), "")
            .Add("Redis, while it waits", N(perEvent.redis_memory), "")
            .Add("allocated by the gateway", N(perEvent.gateway_allocated), "")
            .Add("allocated by intake", N(perEvent.intake_allocated), "")
            .Add("allocated by the writer", N(perEvent.writer_allocated), "");
        var uses = new Table("process", "CPU s per million events", "share", "memory MB", "goal");
        foreach (var (name, seconds) in cpu)
        {
            uses.Add(
                name, seconds.ToString("0.00", CultureInfo.InvariantCulture), (seconds / cpu.Values.Sum()).ToString("P0", CultureInfo.InvariantCulture),
                memory.TryGetValue(name, out var bytes) ? N(bytes / 1e6) : "", name is "ingest" or "ingest-writer" ? "< 300" : "");
        }
        var single = new Table("requests of one event", "", "goal");
        if (singles is not null)
        {
            single.Add("requests/s, all connections busy", N(singles.PerSecond), "")
                .Add($"p50 at {N(singles.HalfPerSecond)}/s (ms)", singles.P50.ToString("0.0", CultureInfo.InvariantCulture), "")
                .Add($"p99 at {N(singles.HalfPerSecond)}/s (ms)", singles.P99.ToString("0.0", CultureInfo.InvariantCulture), "< 10");
        }
        Report.Print(
            "ingest", machine,
            new
            {
                plan.Seconds,
                plan.Repeats,
                plan.Keys,
                plan.Clients,
                accepted_per_second = accepted,
                stored_per_second = stored,
                yardstick_per_second = alone,
                share,
                rounds = rounds.Select(r => new { r.Load.Accepted, r.Load.Stored, r.Yardstick }),
                stored_per_second_10_percent_duplicates = repeated.Stored,
                accepted_per_second_burst = burst.Accepted,
                lag_seconds_median = Report.Percentile(lags, 0.5),
                lag_seconds_longest = Report.Percentile(lags, 1),
                lag_seconds_growth = growth,
                bytes_per_event = perEvent,
                cpu_seconds_per_million_events = cpu,
                memory_bytes = memory,
                single_requests = singles,
            },
            [speeds, costs, uses, .. singles is null ? Enumerable.Empty<Table>() : [single]]);

        double Middle(Func<Round, double> figure) => Report.Median(rounds.Select(figure));
        static double Each(Round round, Func<Sizes, long> size) => (double)(size(round.SizesAfter) - size(round.SizesBefore)) / round.StoredEvents;
    }

    private static string N(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Seconds(double seconds) => seconds.ToString("0.00", CultureInfo.InvariantCulture);

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Say(string text) => Console.WriteLine(text);

    /// <summary>Bytes in the database.</summary>
    private sealed record Sizes(long Events, long Keys, long Notes, long Wal);

    private sealed record Round(
        BatchLoadResult Load, double Yardstick, SystemUse Before, SystemUse After, Sizes SizesBefore, Sizes SizesAfter, long StoredEvents,
        IReadOnlyDictionary<string, long> Memory, double? RedisBytes)
    {
        /// <summary>Events between <see cref="Before"/> and <see cref="After"/>, duplicates too.</summary>
        public double Handled => Load.Handled * (After.At - Before.At).TotalSeconds;
    }
}
