using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Funnels;

/// <summary>Computes funnels in one pass over a project's events.</summary>
public static class FunnelReader
{
    public static FunnelResult Run(FunnelQuery query, QueryRun run)
    {
        var scanned = Scanned.By(query, run);
        return new(
            Steps(query, [.. scanned.Scan.Reached], step => scanned.Scan.MedianMs(step)),
            query.GroupBy is null ? null : Groups(query, run, scanned));
    }

    /// <summary>The people whose furthest step is one, or who reached it.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="dropped">Who reached the step before and not this one.</param>
    /// <param name="group">Only those of the group of this value.</param>
    public static IEnumerable<Guid> People(FunnelQuery query, QueryRun run, int step, bool dropped, PropertyValue? group)
    {
        var scanned = Scanned.By(query, run);
        var people = new HashSet<int>();
        for (var unit = 0; unit < scanned.Units; unit++)
        {
            var level = scanned.Scan.LevelOf(unit);
            if (level == 0 || (dropped ? level != step - 1 : level < step)) continue;
            if (group is { } value && scanned.Ranks![scanned.Scan.RankOf(unit)] != value) continue;
            people.Add(scanned.PersonOf(unit));
        }
        return people.Select(run.Snapshot.People.PersonId);
    }

    private static FunnelStepResult[] Steps(FunnelQuery query, long[] people, Func<int, double?> medianMs) =>
        [.. query.Steps.Select((step, i) => new FunnelStepResult(
            step.Label,
            people[i],
            Share(people[i], people[0]),
            Share(people[i], people[Math.Max(i - 1, 0)]),
            i == 0 ? null : medianMs(i + 1) / 1000))];

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;

    private static List<FunnelGroup> Groups(FunnelQuery query, QueryRun run, Scanned scanned)
    {
        var (scan, ranks, steps) = (scanned.Scan, scanned.Ranks!, query.Steps.Count);
        run.Take((long)ranks.Count * (steps + 1) * sizeof(long));
        // By rank, how many came exactly to each level.
        var levels = new long[ranks.Count, steps + 1];
        for (var unit = 0; unit < scanned.Units; unit++)
            if (scan.LevelOf(unit) is > 0 and var level) levels[scan.RankOf(unit), level]++;

        var entered = Enumerable.Range(0, ranks.Count)
            .Select(rank => (Rank: rank, People: Enumerable.Range(1, steps).Sum(level => levels[rank, level])))
            .Where(group => group.People > 0).OrderByDescending(group => group.People).ThenBy(group => group.Rank).ToList();
        var shown = Math.Min(entered.Count, FunnelQuery.MaxGroups);
        var placeOfRank = new int[ranks.Count];
        Array.Fill(placeOfRank, shown);
        for (var place = 0; place < shown; place++) placeOfRank[entered[place].Rank] = place;

        var places = entered.Count > shown ? shown + 1 : shown;
        var reached = new long[places][];
        for (var place = 0; place < places; place++) reached[place] = new long[steps];
        foreach (var (rank, _) in entered)
            for (var level = 1; level <= steps; level++)
                for (var step = 1; step <= level; step++) reached[placeOfRank[rank]][step - 1] += levels[rank, level];

        var medians = Medians(scanned, placeOfRank, places, steps);
        return [.. Enumerable.Range(0, places).Select(place => new FunnelGroup(
            new RawJson(place < shown ? ranks[entered[place].Rank].Json : "\"$other\""),
            Steps(query, reached[place], step => medians[place, step]),
            Other: place == shown))];
    }

    private static double?[,] Medians(Scanned scanned, int[] placeOfRank, int places, int steps)
    {
        var medians = new double?[places, steps + 1];
        for (var step = 2; step <= steps; step++)
        {
            var (times, units) = scanned.Scan.TimesTo(step);
            var byPlace = Enumerable.Range(0, places).Select(_ => new List<long>()).ToArray();
            for (var i = 0; i < times.Length; i++)
                byPlace[placeOfRank[scanned.Scan.RankOf(units.Span[i])]].Add(times.Span[i]);
            for (var place = 0; place < places; place++)
                medians[place, step] = Durations.MedianOf(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(byPlace[place]));
        }
        return medians;
    }

    /// <summary>A scan that has seen every event.</summary>
    private sealed record Scanned(FunnelScan Scan, int Units, ValueRanks? Ranks, List<int>? PeopleOfSessions)
    {
        public int PersonOf(int unit) => PeopleOfSessions is null ? unit : PeopleOfSessions[unit];

        public static Scanned By(FunnelQuery query, QueryRun run)
        {
            var column = query.GroupBy is { } group ? run.Snapshot.Column(group.Source, group.Key) : null;
            while (true)
            {
                var ranks = query.GroupBy is null ? null : new ValueRanks(column);
                if (ranks?.Count > Math.Min(run.Limits.MaxGroupValues, FunnelScan.MaxRanks))
                    throw new ProblemException(400, "too_many_groups",
                        $"'{query.GroupBy!.Key}' has more than {run.Limits.MaxGroupValues:N0} values.");
                var scanned = Over(query, run, column, ranks);
                // Values that only became known on the way have no rank yet: now they all are known.
                if (ranks is null || ranks.Count == (column?.CodeCount ?? 1)) return scanned;
            }
        }

        private static Scanned Over(FunnelQuery query, QueryRun run, PropertyColumn? column, ValueRanks? ranks)
        {
            var snapshot = run.Snapshot;
            var plan = new FunnelPlan(query.Steps.Count, query.Order, query.WindowMs, query.FromMs, query.ToMs)
            {
                Exclusions = query.Order == FunnelOrder.Ordered ? [.. query.Exclusions.Select(x => x.Between)] : [],
                Overlaps = query.Steps.Select(step => step.Events.Name).Distinct().Count() < query.Steps.Count,
                IsGrouped = ranks is not null,
            };
            var isStrict = query.Order == FunnelOrder.Strict;
            // In a strict funnel every exclusion is one of the events that break a chain anyway.
            var exclusions = plan.Exclusions.Count == 0 ? [] : query.Exclusions;
            var selector = new EventSelector(
                snapshot,
                [.. query.Steps.Select(step => step.Events.Compile(snapshot)), .. exclusions.Select(x => x.Events.Compile(snapshot))],
                query.Where?.Compile(snapshot),
                always: isStrict || query.CountsSessions ? FunnelPlan.Breaks : 0,
                bits: [.. Enumerable.Range(0, query.Steps.Count), .. Enumerable.Range(FunnelPlan.FirstExclusionBit, exclusions.Count)]);

            var sessions = query.CountsSessions ? new SessionUnits(run) : null;
            var scan = new FunnelScan(plan, sessions is null ? snapshot.PersonCount : 1024);
            var taken = scan.StateBytes;
            run.Take(taken);
            var picked = new Picked();
            foreach (var view in run.Blocks(sessions is null ? query.FromMs : long.MinValue, query.ToMs + query.WindowMs + 1))
            {
                selector.Select(view);
                if (sessions is null && ranks is null && !(isStrict && HasProfiles(view)))
                {
                    scan.Add(selector.Times, selector.People, selector.Masks, []);
                    continue;
                }
                picked.Take(selector, view, isStrict, sessions, query.FromMs, column, ranks);
                scan.Add(picked.Times, picked.Units, picked.Masks, picked.Ranks);
                if (scan.StateBytes > taken)
                {
                    run.Take(scan.StateBytes - taken);
                    taken = scan.StateBytes;
                }
            }
            return new(scan, sessions?.People.Count ?? snapshot.PersonCount, ranks, sessions?.People);
        }
    }

    private static bool HasProfiles(BlockView view)
    {
        foreach (var flags in view.Flags) if (EventFlags.TypeOf(flags) == Nimbus.Events.EventType.Profile) return true;
        return false;
    }

    /// <summary>Numbers sessions in which something of the funnel happens.</summary>
    private sealed class SessionUnits
    {
        private readonly SessionCutter _cutter;
        private readonly PropertyColumn? _ids;
        private readonly int[] _current;

        public SessionUnits(QueryRun run)
        {
            run.Take((long)run.Snapshot.PersonCount * SessionCutter.BytesPerPerson);
            _cutter = new(run.Snapshot.PersonCount);
            _ids = SessionCutter.IdColumn(run.Snapshot);
            _current = run.PerPerson<int>();
        }

        /// <summary>Whose each session is.</summary>
        public List<int> People { get; } = [];

        public ReadOnlySpan<int> Ids(BlockView view) => _ids is null ? default : view.Codes(_ids);

        public void See(int person, long time, int id)
        {
            if (_cutter.Starts(person, time, id)) _current[person] = 0;
        }

        public int UnitOf(int person)
        {
            if (_current[person] == 0)
            {
                People.Add(person);
                _current[person] = People.Count;
            }
            return _current[person] - 1;
        }
    }

    /// <summary>What of a block the scan is given.</summary>
    private sealed class Picked
    {
        private long[] _times = [];
        private int[] _units = [];
        private uint[] _masks = [];
        private int[] _ranks = [];
        private int _count;
        private bool _hasRanks;

        public ReadOnlySpan<long> Times => _times.AsSpan(0, _count);

        public ReadOnlySpan<int> Units => _units.AsSpan(0, _count);

        public ReadOnlySpan<uint> Masks => _masks.AsSpan(0, _count);

        public ReadOnlySpan<int> Ranks => _hasRanks ? _ranks.AsSpan(0, _count) : default;

        public void Take(
            EventSelector selected, BlockView view, bool isStrict, SessionUnits? sessions, long fromMs,
            PropertyColumn? column, ValueRanks? ranks)
        {
            var count = selected.Positions.Length;
            if (_times.Length < count)
                (_times, _units, _masks, _ranks) = (new long[count], new int[count], new uint[count], new int[count]);
            _hasRanks = ranks is not null;
            var flags = isStrict ? view.Flags : default;
            var ids = sessions is null ? default : sessions.Ids(view);
            var codes = column is null ? default : view.Codes(column);
            _count = 0;
            for (var i = 0; i < count; i++)
            {
                var (position, mask, unit, time) =
                    (selected.Positions[i], selected.Masks[i], selected.People[i], selected.Times[i]);
                sessions?.See(unit, time, ids.IsEmpty ? 0 : ids[position]);
                // Traits that change are nothing that somebody did in between.
                if (!isStrict || EventFlags.TypeOf(flags[position]) == Nimbus.Events.EventType.Profile) mask &= ~FunnelPlan.Breaks;
                if (mask == 0 || time < fromMs) continue;
                (_times[_count], _masks[_count]) = (time, mask);
                _units[_count] = sessions?.UnitOf(unit) ?? unit;
                if (_hasRanks) _ranks[_count] = codes.IsEmpty ? 0 : ranks!.Of(codes[position]);
                _count++;
            }
        }
    }
}
