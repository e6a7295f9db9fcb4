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
        var people = new PeopleInParts(run);
        run.Take((long)people.Parts * people.PeopleOfPart * sizeof(int));
        var parts = Enumerable.Range(0, people.Parts).Select(_ => new Part(query, people.PeopleOfPart)).ToArray();
        people.Run(
            run.Snapshot.Blocks(long.MinValue, buckets.ToMs), [query.Events], query.Where, (part, events) => parts[part].Follow(events));
        return new([.. Enumerable.Range(0, buckets.Count).Select(bucket =>
        {
            var before = bucket == 0 ? parts.Sum(part => part.ActiveBefore) : parts.Sum(part => part.ActiveIn(bucket - 1));
            var returning = parts.Sum(part => part.Returning[bucket]);
            return new LifecycleBucket(
                buckets.Starts[bucket].ToDateTimeUtc(), parts.Sum(part => part.New[bucket]), returning,
                parts.Sum(part => part.Resurrecting[bucket]), returning - before);
        })]);
    }

    /// <summary>Some of the people, followed by one thread.</summary>
    private sealed class Part(LifecycleQuery query, int people)
    {
        private readonly TimeBuckets _buckets = new(query.Range);
        private readonly int[] _last = new int[people];

        public long[] New { get; } = new long[query.Range.Starts.Count];

        public long[] Returning { get; } = new long[query.Range.Starts.Count];

        public long[] Resurrecting { get; } = new long[query.Range.Starts.Count];

        /// <summary>How many were active in the bucket before the first one.</summary>
        public long ActiveBefore { get; private set; }

        public long ActiveIn(int bucket) => New[bucket] + Returning[bucket] + Resurrecting[bucket];

        public void Follow(DealtEvents events)
        {
            var times = events.Times;
            var people = events.People;
            for (var i = 0; i < times.Length; i++)
            {
                ref var known = ref _last[people[i]];
                if (times[i] < _buckets.FromMs)
                {
                    SeeEarlier(ref known, times[i]);
                    continue;
                }
                var bucket = _buckets.Of(times[i]);
                if (known == FirstBucket + bucket) continue;
                if (known == Never) New[bucket]++;
                else if (known == FirstBucket + bucket - 1) Returning[bucket]++;
                else Resurrecting[bucket]++;
                known = FirstBucket + bucket;
            }
        }

        // What lies in the first bucket and before the range tells only that the person is not new.
        private void SeeEarlier(ref int known, long time)
        {
            if (time >= query.BeforeMs && time < _buckets.StartMs(0))
            {
                if (known != FirstBucket - 1) ActiveBefore++;
                known = FirstBucket - 1;
            }
            else if (known == Never) known = Earlier;
        }
    }
}
