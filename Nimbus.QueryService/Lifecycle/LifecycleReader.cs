using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Lifecycle;

/// <summary>Tells people who come from people who stay, return and leave (docs/metrics.md#lifecycle).</summary>
public static class LifecycleReader
{
    // What is known of a person: nothing, active some time before, or in which bucket last, from -1 (the one before the range).
    private const int Never = 0;
    private const int Earlier = 1;
    private const int FirstBucket = 3;

    public static LifecycleResult Run(LifecycleQuery query, QueryRun run)
    {
        var buckets = new TimeBuckets(query.Range);
        var beforeMs = query.BeforeMs;
        var last = run.PerPerson<int>();
        var (count, newcomers, returning, resurrecting) =
            (buckets.Count, new long[buckets.Count], new long[buckets.Count], new long[buckets.Count]);
        long activeBefore = 0;
        var selector = new EventSelector(
            run.Snapshot, [query.Events.Compile(run.Snapshot)], query.Where?.Compile(run.Snapshot));
        foreach (var view in run.Blocks(long.MinValue, buckets.ToMs))
        {
            selector.Select(view);
            for (var i = 0; i < selector.People.Length; i++)
            {
                ref var known = ref last[selector.People[i]];
                var time = selector.Times[i];
                if (time < buckets.FromMs)
                {
                    // What lies in the first bucket and before the range tells only that the person is not new.
                    if (time >= beforeMs && time < buckets.StartMs(0))
                    {
                        if (known != FirstBucket - 1) activeBefore++;
                        known = FirstBucket - 1;
                    }
                    else if (known == Never) known = Earlier;
                    continue;
                }
                var bucket = buckets.Of(time);
                if (known == FirstBucket + bucket) continue;
                if (known == Never) newcomers[bucket]++;
                else if (known == FirstBucket + bucket - 1) returning[bucket]++;
                else resurrecting[bucket]++;
                known = FirstBucket + bucket;
            }
        }
        return new([.. Enumerable.Range(0, count).Select(bucket =>
        {
            var before = bucket == 0 ? activeBefore : newcomers[bucket - 1] + returning[bucket - 1] + resurrecting[bucket - 1];
            return new LifecycleBucket(
                buckets.Starts[bucket].ToDateTimeUtc(), newcomers[bucket], returning[bucket], resurrecting[bucket],
                returning[bucket] - before);
        })]);
    }
}
