using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Retention;

/// <summary>Computes retention in one pass: of each person the windows they were active in, as bits.</summary>
public static class RetentionReader
{
    private const int MaxGroups = 20;

    public static RetentionResult Run(RetentionQuery query, QueryRun run)
    {
        var returns = Returns.Of(query, run);
        var all = new Tally(query, returns.Windows);
        returns.AddTo(all, _ => true);
        return new(all.Cohorts(), all.Average(), query.GroupBy is null ? null : Groups(query, returns));
    }

    /// <summary>Who of one cohort came back in one window, its own being 0.</summary>
    public static IEnumerable<Guid> People(RetentionQuery query, QueryRun run, int cohort, int window)
    {
        var returns = Returns.Of(query, run);
        return returns.Members(cohort, window).Select(run.Snapshot.People.PersonId);
    }

    private static List<RetentionGroup> Groups(RetentionQuery query, Returns returns)
    {
        var sizes = returns.SizesOfRanks();
        var ordered = Enumerable.Range(0, sizes.Length).Where(rank => sizes[rank] > 0)
            .OrderByDescending(rank => sizes[rank]).ThenBy(rank => rank).ToList();
        var groups = new List<RetentionGroup>();
        foreach (var rank in ordered.Take(MaxGroups)) Add(returns.ValueOf(rank).Json, of => of == rank, other: false);
        if (ordered.Count > MaxGroups)
        {
            var rest = ordered.Skip(MaxGroups).ToHashSet();
            Add("\"$other\"", rest.Contains, other: true);
        }
        return groups;

        void Add(string json, Func<int, bool> isIn, bool other)
        {
            var tally = new Tally(query, returns.Windows);
            returns.AddTo(tally, isIn);
            groups.Add(new(new RawJson(json), tally.Cohorts(), tally.Average(), other));
        }
    }

    /// <summary>Of each cohort how many came back when.</summary>
    private sealed class Tally(RetentionQuery query, TimeBuckets windows)
    {
        private readonly long[] _sizes = new long[query.Cohorts];
        private readonly long[,] _retained = new long[query.Cohorts, query.Depth];

        public void Join(int cohort) => _sizes[cohort]++;

        public void Return(int cohort, int window) => _retained[cohort, window]++;

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

    /// <summary>What the pass found of each person.</summary>
    private sealed class Returns
    {
        private readonly RetentionQuery _query;
        private readonly int _words;

        // By person and window a bit: active; in the cohort (of a first time there is one); came back in the same window.
        private readonly ulong[] _active;
        private readonly ulong[] _joined;
        private readonly ulong[] _again;
        private readonly bool[] _knowsFirst;
        private readonly int[] _lastStart;
        private readonly long[] _lastReturn;
        private readonly ValueRanks? _ranks;
        private readonly int[] _rankOfStart;
        private readonly Dictionary<int, long> _firstTimes = [];

        private Returns(RetentionQuery query, QueryRun run, ValueRanks? ranks)
        {
            (_query, _ranks) = (query, ranks);
            Windows = new TimeBuckets(query.Windows);
            _words = (Windows.Count + 63) / 64;
            var people = run.Snapshot.PersonCount;
            run.Take((long)people * ((3 * _words * sizeof(ulong)) + 16));
            _active = new ulong[people * _words];
            _joined = new ulong[people * _words];
            _again = new ulong[people * _words];
            _knowsFirst = new bool[people];
            _lastStart = new int[people];
            _lastReturn = new long[people];
            Array.Fill(_lastStart, -1);
            Array.Fill(_lastReturn, long.MinValue);
            if (ranks is null) _rankOfStart = [];
            else
            {
                run.Take((long)people * query.Cohorts * sizeof(int));
                _rankOfStart = new int[people * query.Cohorts];
            }
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
                var returns = new Returns(query, run, ranks);
                returns.Scan(run, column);
                if (ranks is null || ranks.Count == (column?.CodeCount ?? 1)) return returns;
            }
        }

        public long[] SizesOfRanks()
        {
            var sizes = new long[_ranks!.Count];
            for (var person = 0; person < _knowsFirst.Length; person++)
                for (var cohort = 0; cohort < _query.Cohorts; cohort++)
                    if (Has(_joined, person, cohort)) sizes[RankOf(person, cohort)]++;
            return sizes;
        }

        public void AddTo(Tally tally, Func<int, bool> isIn)
        {
            for (var person = 0; person < _knowsFirst.Length; person++)
                for (var cohort = First(_joined, person, 0); cohort >= 0 && cohort < _query.Cohorts; cohort = First(_joined, person, cohort + 1))
                {
                    if (_ranks is not null && !isIn(RankOf(person, cohort))) continue;
                    tally.Join(cohort);
                    var depth = Math.Min(_query.Depth, Windows.Count - cohort);
                    for (var n = 0; n < depth; n++)
                        if (IsBack(person, cohort, n)) tally.Return(cohort, n);
                }
        }

        public IEnumerable<int> Members(int cohort, int window)
        {
            for (var person = 0; person < _knowsFirst.Length; person++)
                if (Has(_joined, person, cohort) && cohort + window < Windows.Count && IsBack(person, cohort, window))
                    yield return person;
        }

        private bool IsBack(int person, int cohort, int window)
        {
            var isBack = window == 0 && !_query.IsActivity ? Has(_again, person, cohort) : Has(_active, person, cohort + window);
            return isBack || (_query.IsOnOrAfter && First(_active, person, cohort + Math.Max(window, 1)) >= 0);
        }

        private void Scan(QueryRun run, PropertyColumn? column)
        {
            if (_query.IsActivity) JoinByFirstSeen(run);
            var snapshot = run.Snapshot;
            var selector = new EventSelector(
                snapshot, [_query.Start.Compile(snapshot), _query.Return.Compile(snapshot)], _query.Where?.Compile(snapshot));
            // Whose first time was earlier is in no cohort.
            var from = _query.IsRecurring || _query.IsActivity ? Windows.FromMs : long.MinValue;
            foreach (var view in run.Blocks(from, Windows.ToMs))
            {
                selector.Select(view);
                var codes = column is null ? default : view.Codes(column);
                var people = selector.People;
                var times = selector.Times;
                var masks = selector.Masks;
                for (var i = 0; i < people.Length; i++)
                {
                    var time = times[i];
                    if (time < Windows.FromMs)
                    {
                        if ((masks[i] & 1) != 0) _knowsFirst[people[i]] = true;
                        continue;
                    }
                    var window = Windows.Of(time);
                    if (_query.IsActivity)
                        Set(_active, people[i], window);
                    else
                        See(people[i], time, window, masks[i], codes.IsEmpty ? 0 : _ranks!.Of(codes[selector.Positions[i]]));
                }
            }
        }

        // A return in the window of the start is another event than the start, and not before it.
        private void See(int person, long time, int window, uint mask, int rank)
        {
            var (isStart, isReturn) = ((mask & 1) != 0, (mask & 2) != 0);
            if (isReturn && _lastStart[person] == window) Set(_again, person, window);
            if (isStart && _lastReturn[person] == time) Set(_again, person, window);
            if (isReturn)
            {
                Set(_active, person, window);
                _lastReturn[person] = time;
            }
            if (!isStart) return;
            if (_query.IsRecurring)
            {
                if (window < _query.Cohorts) Join(person, time, window, rank);
                _lastStart[person] = window;
            }
            else if (!_knowsFirst[person] || IsTieOfFirst(person, time))
            {
                if (window < _query.Cohorts) Join(person, time, window, rank);
                _lastStart[person] = window;
                _knowsFirst[person] = true;
            }
        }

        private bool IsTieOfFirst(int person, long time) =>
            _ranks is not null && _firstTimes.TryGetValue(person, out var first) && first == time;

        // Of starts in one millisecond the smallest value.
        private void Join(int person, long time, int window, int rank)
        {
            if (_ranks is not null)
            {
                ref var known = ref _rankOfStart[person * _query.Cohorts + window];
                if (!Has(_joined, person, window)) (known, _firstTimes[person]) = (rank, time);
                else if (_firstTimes[person] == time) known = Math.Min(known, rank);
            }
            Set(_joined, person, window);
        }

        private void JoinByFirstSeen(QueryRun run)
        {
            var first = run.Snapshot.People.FirstSeenOfPeople();
            for (var person = 0; person < first.Length; person++)
                if (first[person] >= Windows.FromMs && first[person] < Windows.ToMs && Windows.Of(first[person]) is var window
                    && window < _query.Cohorts)
                    Set(_joined, person, window);
            Windows.Restart();
        }

        private int RankOf(int person, int cohort) => _rankOfStart[person * _query.Cohorts + cohort];

        private void Set(ulong[] bits, int person, int window) => bits[person * _words + window / 64] |= 1ul << window % 64;

        private bool Has(ulong[] bits, int person, int window) => (bits[person * _words + window / 64] >> window % 64 & 1) != 0;

        /// <summary>The first bit of a person from a window on, or -1.</summary>
        private int First(ulong[] bits, int person, int from)
        {
            for (var word = from / 64; word < _words; word++)
            {
                var rest = bits[person * _words + word];
                if (word == from / 64) rest = rest >> from % 64 << from % 64;
                if (rest != 0) return word * 64 + System.Numerics.BitOperations.TrailingZeroCount(rest);
            }
            return -1;
        }
    }
}
