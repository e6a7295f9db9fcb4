using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Measures;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Stats;

/// <summary>Ranks event names by how often they happened (docs/metrics.md#top-events).</summary>
public static class TopEventsReader
{
    public const int MaxLimit = 1000;

    /// <param name="from">Inclusive; null for all that came before.</param>
    /// <param name="to">Exclusive; null for all that comes after.</param>
    public static TopEventsResult Run(Instant? from, Instant? to, int limit, QueryRun run)
    {
        var snapshot = run.Snapshot;
        var blocks = snapshot.Blocks(from?.ToUnixTimeMilliseconds() ?? long.MinValue, to?.ToUnixTimeMilliseconds() ?? long.MaxValue);
        if (blocks.Count == 0) return new([]);
        var (first, end) = (blocks[0].FirstMs, blocks[^1].LastMs + 1);
        var counts = snapshot.CountByMinute([first, end]);
        // Names are told apart by code point, as values of properties are.
        var top = Enumerable.Range(0, counts.Length).Where(name => counts[name] > 0)
            .OrderByDescending(name => counts[name])
            .ThenBy(name => PropertyValue.Of(snapshot.Names[name]!), PropertyValue.InOrder)
            .Take(limit).ToList();

        var range = new BucketedRange(
            [Instant.FromUnixTimeMilliseconds(first)], Instant.FromUnixTimeMilliseconds(first), Instant.FromUnixTimeMilliseconds(end));
        var question = new MeasureQuestion([new(new(), new Measure(MeasureKind.Users))], ScanKey: "top_events");
        var users = new MeasureReader(question, run, GroupColumn.OfNames(snapshot)).Lines(0, range, new(top, HasOther: false));
        return new([.. top.Select((name, i) =>
            new TopEvent(snapshot.Names[name]!, counts[name], (long)MeasureCells.Number(users[i].Total)!))]);
    }
}
