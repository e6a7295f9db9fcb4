using System.Numerics;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Retention;

/// <summary>Computes retention in one pass: of each window who was active in it, as bits.</summary>
public static class RetentionReader
{
    private const int MaxGroups = 20;

    public static RetentionResult Run(RetentionQuery query, QueryRun run)
    {
        var returns = Returns.Of(query, run);
        var all = new Tally(query, returns.Windows);
        returns.AddTo(all);
        return new(all.Cohorts(), all.Average(), query.GroupBy is null ? null : Groups(query, run, returns));
    }

    /// <summary>Who of one cohort came back in one window, its own being 0.</summary>
    public static IEnumerable<Guid> People(RetentionQuery query, QueryRun run, int cohort, int window)
    {
        var returns = Returns.Of(query, run);
        return returns.Members(cohort, window).Select(run.Snapshot.People.PersonId);
    }

    private static List<RetentionGroup> Groups(RetentionQuery query, QueryRun run, Returns returns)
    {
        var sizes = returns.SizesOfRanks();
        var ordered = Enumerable.Range(0, sizes.Length).Where(rank => sizes[rank] > 0)
            .OrderByDescending(rank => sizes[rank]).ThenBy(rank => rank).ToList();
        var shown = Math.Min(ordered.Count, MaxGroups);
        var placeOfRank = new int[sizes.Length];
        Array.Fill(placeOfRank, shown);
        for (var place = 0; place < shown; place++) placeOfRank[ordered[place]] = place;
        var tallies = Enumerable.Range(0, ordered.Count > shown ? shown + 1 : shown).Select(_ => new Tally(query, returns.Windows)).ToArray();
        returns.AddTo(tallies, placeOfRank, run);
        return [.. tallies.Select((tally, place) => new RetentionGroup(
            new RawJson(place < shown ? returns.ValueOf(ordered[place]).Json : "\"$other\""), tally.Cohorts(), tally.Average(), Other: place == shown))];
    }

    /// <summary>Of each cohort how many came back when.</summary>
    private sealed class Tally(RetentionQuery query, TimeBuckets windows)
    {
        private readonly long[] _sizes = new long[query.Cohorts];
        private readonly long[,] _retained = new long[query.Cohorts, query.Depth];

        public void Join(int cohort, long people) => _sizes[cohort] += people;

        public void Return(int cohort, int window, long people) => _retained[cohort, window] += people;

        public List<RetentionCohort> Cohorts() =>
        [
            .. Enumerable.Range(0, query.Cohorts).Select(cohort => new RetentionCohort(
                windows.Starts[cohort].ToDateTimeUtc(),
                _sizes[cohort],
                [.. Enumerable.Range(0, query.Depth).Select(n => HasBegun(cohort + n) ? _retained[cohort, n] : (long?)null)])),
        ];

        public List<double?> Average() => [.. Enumerable.Range(0, query.Depth).Select(n =>
        {
            var begun = Enumerable.Range(0, query.Cohorts).Where(cohort => HasBegun(cohort + n)).ToList();
            var size = begun.Sum(cohort => _sizes[cohort]);
            return size == 0 ? (double?)null : (double)begun.Sum(cohort => _retained[cohort, n]) / size;
        })];

        private bool HasBegun(int window) => window < windows.Count && windows.StartMs(window) < query.BegunMs;
    }

    /// <summary>What the pass found, the people in parts.</summary>
    private sealed class Returns
    {
        private readonly RetentionQuery _query;
        private readonly PeopleInParts _people;
        private readonly RetentionPart[] _parts;
        private readonly ValueRanks? _ranks;

        private Returns(RetentionQuery query, QueryRun run, PropertyColumn? column, ValueRanks? ranks)
        {
            (_query, _ranks, _people) = (query, ranks, new(run));
            Windows = new TimeBuckets(query.Windows);
            run.Take(_people.Parts * RetentionPart.BytesOf(query, _people.PeopleOfPart));
            _parts = [.. Enumerable.Range(0, _people.Parts).Select(_ => new RetentionPart(query, _people.PeopleOfPart))];
            if (query.IsActivity) JoinByFirstSeen(run.Snapshot.People);
            // Whose first time was earlier is in no cohort.
            var from = query.IsRecurring || query.IsActivity ? Windows.FromMs : long.MinValue;
            _people.Run(
                run.Snapshot.Blocks(from, Windows.ToMs), [query.Start, query.Return], query.Where, (part, events) => _parts[part].Follow(events),
                column, ranks);
            if (query.IsOnOrAfter)
                foreach (var part in _parts) part.CountLater();
        }

        public TimeBuckets Windows { get; }

        public PropertyValue ValueOf(int rank) => _ranks![rank];

        public static Returns Of(RetentionQuery query, QueryRun run)
        {
            var column = query.GroupBy is { } group ? run.Snapshot.Column(group.Source, group.Key) : null;
            while (true)
            {
                var ranks = query.GroupBy is null ? null : new ValueRanks(column);
                if (ranks?.Count > run.Limits.MaxGroupValues)
                    throw new ProblemException(400, "too_many_groups",
                        $"'{query.GroupBy!.Key}' has more than {run.Limits.MaxGroupValues:N0} values.");
                var returns = new Returns(query, run, column, ranks);
                if (ranks is null || ranks.Count == (column?.CodeCount ?? 1)) return returns;
            }
        }

        public long[] SizesOfRanks()
        {
            var sizes = new long[_ranks!.Count];
            foreach (var part in _parts)
                for (var cohort = 0; cohort < _query.Cohorts; cohort++)
                    foreach (var person in Members(part.Joined(cohort))) sizes[part.RankOf(person, cohort)]++;
            return sizes;
        }

        /// <summary>Adds everybody.</summary>
        public void AddTo(Tally tally)
        {
            foreach (var part in _parts)
                for (var cohort = 0; cohort < _query.Cohorts; cohort++) Add(tally, part, cohort, part.Joined(cohort));
        }

        /// <summary>Adds everybody to the tally of their place.</summary>
        public void AddTo(Tally[] tallies, int[] placeOfRank, QueryRun run)
        {
            var words = _parts[0].Words;
            run.Take((long)tallies.Length * words * sizeof(ulong));
            var bits = tallies.Select(_ => new ulong[words]).ToArray();
            foreach (var part in _parts)
                for (var cohort = 0; cohort < _query.Cohorts; cohort++)
                {
                    foreach (var own in bits) Array.Clear(own);
                    foreach (var person in Members(part.Joined(cohort)))
                        bits[placeOfRank[part.RankOf(person, cohort)]][person >> 6] |= 1UL << person;
                    for (var place = 0; place < tallies.Length; place++) Add(tallies[place], part, cohort, bits[place]);
                }
        }

        public IEnumerable<int> Members(int cohort, int window)
        {
            if (cohort + window >= Windows.Count) yield break;
            for (var i = 0; i < _parts.Length; i++)
            {
                var back = _parts[i].Back(cohort, window);
                foreach (var person in Members(_parts[i].Joined(cohort)))
                    if ((back[person >> 6] >> person & 1) != 0) yield return _people.PersonOf(i, person);
            }
        }

        private void Add(Tally tally, RetentionPart part, int cohort, ulong[] members)
        {
            if (CountBits(members, members) is not (> 0 and var size)) return;
            tally.Join(cohort, size);
            for (var n = 0; n < Math.Min(_query.Depth, Windows.Count - cohort); n++)
                tally.Return(cohort, n, CountBits(members, part.Back(cohort, n)));
        }

        private void JoinByFirstSeen(PersonMap people)
        {
            var first = people.FirstSeenOfPeople();
            for (var person = 0; person < first.Length; person++)
                if (first[person] >= Windows.FromMs && first[person] < Windows.ToMs && Windows.Of(first[person]) is var window
                    && window < _query.Cohorts)
                    RetentionPart.Set(_parts[person % _parts.Length].Joined(window), person / _parts.Length);
        }

        /// <summary>How many bits are in both.</summary>
        private static long CountBits(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b)
        {
            long count = 0;
            for (var i = 0; i < a.Length && i < b.Length; i++) count += BitOperations.PopCount(a[i] & b[i]);
            return count;
        }

        private static IEnumerable<int> Members(ulong[] bits)
        {
            for (var word = 0; word < bits.Length; word++)
                for (var rest = bits[word]; rest != 0; rest &= rest - 1)
                    yield return (word << 6) + BitOperations.TrailingZeroCount(rest);
        }
    }
}
