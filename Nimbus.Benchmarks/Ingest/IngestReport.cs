using System.Globalization;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>Bytes in the database.</summary>
internal sealed record Sizes(long Events, long Keys, long Notes, long Wal);

/// <summary>One load of batches, and the yardstick after it.</summary>
internal sealed record Round(
    BatchLoadResult Load, double Yardstick, SystemUse Before, SystemUse After, Sizes SizesBefore, Sizes SizesAfter, long StoredEvents,
    IReadOnlyDictionary<string, long> Memory, double? RedisBytes)
{
    /// <summary>Events between <see cref="Before"/> and <see cref="After"/>, duplicates too.</summary>
    public double Handled => Load.Handled * (After.At - Before.At).TotalSeconds;

    public double BytesPerEvent(Func<Sizes, long> size) => (double)(size(SizesAfter) - size(SizesBefore)) / StoredEvents;

    public double AllocatedPerEvent(string resource) => After.AllocatedSince(Before, resource) / Handled;
}

/// <param name="Repeated">With 10 % duplicates.</param>
/// <param name="Burst">With nothing that holds the senders back.</param>
internal sealed record BatchFigures(List<Round> Rounds, BatchLoadResult Repeated, BatchLoadResult Burst)
{
    public double Middle(Func<Round, double> figure) => Report.Median(Rounds.Select(figure));
}

/// <summary>The figures as tables and as JSON, each beside its goal.</summary>
internal static class IngestReport
{
    public static void Print(Machine machine, IngestPlan plan, BatchFigures? batches, SingleLoadResult? singles)
    {
        var tables = new List<Table>();
        if (batches is not null)
            tables.AddRange([Speeds(plan, batches), Bytes(batches)]);
        tables.Add(Processes(batches, singles));
        if (singles is not null)
            tables.Add(Singles(singles));
        Report.Print("ingest", machine, Figures(plan, batches, singles), tables);
    }

    private static Table Speeds(IngestPlan plan, BatchFigures batches)
    {
        var lags = Lags(batches);
        return new Table($"median of {plan.Repeats} × {plan.Seconds} s", "events/s", "goal")
            .Add("accepted, lag not growing", Whole(batches.Middle(r => r.Load.Accepted)), "")
            .Add("stored, lag not growing", Whole(batches.Middle(r => r.Load.Stored)), "")
            .Add("stored with 10 % duplicates", Whole(batches.Repeated.Stored), "")
            .Add("accepted, whoever stores it", Whole(batches.Burst.Accepted), "")
            .Add("yardstick: the writer's SQL alone", Whole(batches.Middle(r => r.Yardstick)), "")
            .Add("stored of the yardstick", Share(batches.Middle(Kept)), "≥ 60 %")
            .Add("lag: median, longest (s)", $"{Exact(Report.Percentile(lags, 0.5))}, {Exact(Report.Percentile(lags, 1))}", "")
            .Add("lag: last third against first (s)", Exact(batches.Middle(Growth)), "≤ 0");
    }

    private static Table Bytes(BatchFigures batches) => new Table("bytes per event", "")
        .Add("PostgreSQL: events and their indexes", Whole(batches.Middle(r => r.BytesPerEvent(s => s.Events))))
        .Add("PostgreSQL: event keys", Whole(batches.Middle(r => r.BytesPerEvent(s => s.Keys))))
        .Add("PostgreSQL: entries and outbox", Exact(batches.Middle(r => r.BytesPerEvent(s => s.Notes))))
        .Add("PostgreSQL: write-ahead log", Whole(batches.Middle(r => r.BytesPerEvent(s => s.Wal))))
        .Add("Redis, while it waits", Whole(batches.Middle(r => r.RedisBytes ?? double.NaN)))
        .Add("allocated by the gateway", Whole(batches.Middle(r => r.AllocatedPerEvent("gateway"))))
        .Add("allocated by intake", Whole(batches.Middle(r => r.AllocatedPerEvent("ingest"))))
        .Add("allocated by the writer", Whole(batches.Middle(r => r.AllocatedPerEvent("ingest-writer"))));

    private static Table Processes(BatchFigures? batches, SingleLoadResult? singles)
    {
        var table = new Table("process", "CPU s per million events", "share", "memory MB", "goal", "CPU ms per single request");
        var cpu = batches is null ? null : Cpu(batches);
        var memory = batches is null ? null : Memory(batches);
        foreach (var name in SystemUse.Resources.Prepend(SystemUse.Sender).Append(SystemUse.Rest))
        {
            table.Add(
                name,
                cpu is not null && cpu.TryGetValue(name, out var seconds) ? Exact(seconds) : "",
                cpu is not null && cpu.TryGetValue(name, out var used) ? Share(used / cpu.Values.Sum()) : "",
                memory is not null && memory.TryGetValue(name, out var bytes) ? Whole(bytes / 1e6) : "",
                name is "ingest" or "ingest-writer" ? "< 300" : "",
                singles is not null && singles.CpuMilliseconds.TryGetValue(name, out var milliseconds) ? Exact(milliseconds) : "");
        }
        return table;
    }

    private static Table Singles(SingleLoadResult singles) => new Table("requests of one event", "", "goal")
        .Add("requests/s, all connections busy", Whole(singles.PerSecond), "")
        .Add($"p50 at {Whole(singles.HalfPerSecond)}/s (ms)", Exact(singles.P50), "")
        .Add($"p99 at {Whole(singles.HalfPerSecond)}/s (ms)", Exact(singles.P99), "< 10");

    private static object Figures(IngestPlan plan, BatchFigures? batches, SingleLoadResult? singles) => new
    {
        plan,
        batches = batches is null ? null : new
        {
            accepted_per_second = batches.Middle(r => r.Load.Accepted),
            stored_per_second = batches.Middle(r => r.Load.Stored),
            yardstick_per_second = batches.Middle(r => r.Yardstick),
            share = batches.Middle(Kept),
            rounds = batches.Rounds.Select(r => new { r.Load.Accepted, r.Load.Stored, r.Yardstick }),
            stored_per_second_10_percent_duplicates = batches.Repeated.Stored,
            accepted_per_second_burst = batches.Burst.Accepted,
            lag_seconds_median = Report.Percentile(Lags(batches), 0.5),
            lag_seconds_longest = Report.Percentile(Lags(batches), 1),
            lag_seconds_growth = batches.Middle(Growth),
            postgres_bytes_per_event = new
            {
                events = batches.Middle(r => r.BytesPerEvent(s => s.Events)),
                keys = batches.Middle(r => r.BytesPerEvent(s => s.Keys)),
                entries_and_outbox = batches.Middle(r => r.BytesPerEvent(s => s.Notes)),
                wal = batches.Middle(r => r.BytesPerEvent(s => s.Wal)),
            },
            redis_bytes_per_event = batches.Middle(r => r.RedisBytes ?? double.NaN),
            allocated_bytes_per_event = SystemUse.Allocating.ToDictionary(name => name, name => batches.Middle(r => r.AllocatedPerEvent(name))),
            cpu_seconds_per_million_events = Cpu(batches),
            memory_bytes = Memory(batches),
        },
        single_requests = singles,
    };

    // With the duplicates: they are work for both.
    private static double Kept(Round round) => round.Load.Handled / round.Yardstick;

    private static double Growth(Round round)
    {
        var third = Math.Max(1, round.Load.Lags.Count / 3);
        return round.Load.Lags.TakeLast(third).Average() - round.Load.Lags.Take(third).Average();
    }

    private static List<double> Lags(BatchFigures batches) => [.. batches.Rounds.SelectMany(r => r.Load.Lags).Order()];

    private static Dictionary<string, double> Cpu(BatchFigures batches) => batches.Rounds[0].After.CpuSince(batches.Rounds[0].Before).ToDictionary(
        use => use.Name,
        use => batches.Middle(r => r.After.CpuSince(r.Before).First(other => other.Name == use.Name).Seconds / (r.Handled / 1e6)));

    private static Dictionary<string, double> Memory(BatchFigures batches) => batches.Rounds[0].Memory.Keys.ToDictionary(
        name => name, name => batches.Middle(r => r.Memory[name]));

    private static string Whole(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Exact(double number) => number.ToString("N2", CultureInfo.InvariantCulture);

    private static string Share(double number) => number.ToString("P0", CultureInfo.InvariantCulture);
}
