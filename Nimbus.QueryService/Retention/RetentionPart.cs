using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Measures;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Retention;

/// <summary>What some of the people did, as bits by window. For one thread.</summary>
internal sealed class RetentionPart
{
    // The bits of what an event is.
    private const uint Start = 1;
    private const uint Return = 2;

    private readonly RetentionQuery _query;
    private readonly TimeBuckets _windows;

    // By window a bit for each person: active; in the cohort (of a first time there is one); came back in the same window. Time
    // goes on window by window, so that what is written to is small.
    private readonly ulong[][] _active;
    private readonly ulong[][] _joined;
    private readonly ulong[][] _again;
    private readonly ulong[] _knowsFirst;

    // With groups only: of each cohort by person the rank of the start, and when people joined last.
    private readonly int[][] _rankOfStart = [];
    private readonly long[] _joinedMs = [];

    public RetentionPart(RetentionQuery query, int people)
    {
        (_query, _windows, Words) = (query, new(query.Windows), WordsOf(people));
        (_active, _joined, _again) = (Bits(), Bits(), Bits());
        _knowsFirst = new ulong[Words];
        if (query.GroupBy is null) return;
        _rankOfStart = [.. Enumerable.Range(0, query.Cohorts).Select(_ => new int[people])];
        _joinedMs = new long[people];
        Array.Fill(_joinedMs, long.MinValue);

        ulong[][] Bits() => [.. Enumerable.Range(0, query.Windows.Starts.Count).Select(_ => new ulong[Words])];
    }

    public int Words { get; }

    public static long BytesOf(RetentionQuery query, int people) =>
        (((3L * query.Windows.Starts.Count) + 1) * WordsOf(people) * sizeof(ulong))
        + (query.GroupBy is null ? 0 : (long)people * ((query.Cohorts * sizeof(int)) + sizeof(long)));

    public static void Set(ulong[] bits, int person) => bits[person >> 6] |= 1UL << person;

    public ulong[] Joined(int cohort) => _joined[cohort];

    public int RankOf(int person, int cohort) => _rankOfStart[cohort][person];

    /// <summary>Who is back in a window of a cohort, and perhaps others that are not of it.</summary>
    public ulong[] Back(int cohort, int window) => window == 0 && !_query.IsActivity ? _again[cohort] : _active[cohort + window];

    public void Follow(DealtEvents events)
    {
        var times = events.Times;
        var people = events.People;
        var masks = events.Masks;
        var ranks = events.Ranks;
        for (var i = 0; i < times.Length;)
        {
            var time = times[i];
            var end = i + 1;
            while (end < times.Length && times[end] == time) end++;
            if (time < _windows.FromMs)
            {
                for (; i < end; i++) if ((masks[i] & Start) != 0) Set(_knowsFirst, people[i]);
                continue;
            }
            var window = _windows.Of(time);
            if (_query.IsActivity)
                for (; i < end; i++) Set(_active[window], people[i]);
            else if (end == i + 1)
                See(people[i], time, window, masks[i], ranks.IsEmpty ? 0 : ranks[i]);
            else
            {
                // In one millisecond what only starts comes first and what only returns last, so that each return is seen after the
                // starts that it is no part of.
                foreach (var mask in (ReadOnlySpan<uint>)[Start, Start | Return, Return])
                    for (var e = i; e < end; e++)
                        if (masks[e] == mask) See(people[e], time, window, mask, ranks.IsEmpty ? 0 : ranks[e]);
            }
            i = end;
        }
    }

    /// <summary>From now on who is active later counts as active in every window before.</summary>
    public void CountLater()
    {
        for (var window = _active.Length - 2; window >= 0; window--)
        {
            PlacedPeople.Or(_active[window + 1], _again[window]);
            PlacedPeople.Or(_active[window + 1], _active[window]);
        }
    }

    // A return in the window of the start is another event than the start, and not before it.
    private void See(int person, long time, int window, uint mask, int rank)
    {
        if ((mask & Return) != 0)
        {
            if (Has(_joined[window], person)) Set(_again[window], person);
            Set(_active[window], person);
        }
        if ((mask & Start) == 0) return;
        if (!_query.IsRecurring)
        {
            if (Has(_knowsFirst, person) && !IsTieOfFirst(person, time)) return;
            Set(_knowsFirst, person);
        }
        if (window < _query.Cohorts) Join(person, time, window, rank);
    }

    private bool IsTieOfFirst(int person, long time) => _joinedMs.Length > 0 && _joinedMs[person] == time;

    // Of starts in one millisecond the smallest value.
    private void Join(int person, long time, int window, int rank)
    {
        if (_joinedMs.Length > 0)
        {
            ref var known = ref _rankOfStart[window][person];
            if (!Has(_joined[window], person)) (known, _joinedMs[person]) = (rank, time);
            else if (_joinedMs[person] == time) known = Math.Min(known, rank);
        }
        Set(_joined[window], person);
    }

    private static int WordsOf(int people) => (people + 63) / 64;

    private static bool Has(ulong[] bits, int person) => (bits[person >> 6] >> person & 1) != 0;
}
