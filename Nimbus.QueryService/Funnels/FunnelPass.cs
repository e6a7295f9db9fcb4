using System.Runtime.InteropServices;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Funnels;

/// <summary>A funnel's scan that has seen every event, the people in parts.</summary>
internal sealed class FunnelPass
{
    private readonly PeopleInParts _people;
    private readonly Part[] _parts;

    private FunnelPass(PeopleInParts people, Part[] parts, ValueRanks? ranks) => (_people, _parts, Ranks) = (people, parts, ranks);

    /// <summary>What the ranks of units mean; null without groups.</summary>
    public ValueRanks? Ranks { get; }

    /// <summary>How many units reached each step; [0] is step 1.</summary>
    public long[] Reached
    {
        get
        {
            var reached = _parts[0].Scan.Reached.ToArray();
            foreach (var part in _parts.Skip(1))
                for (var step = 0; step < reached.Length; step++) reached[step] += part.Scan.Reached[step];
            return reached;
        }
    }

    /// <summary>The median of the times to a step over all units, in milliseconds; null where nobody reached it.</summary>
    public double? MedianMs(int step)
    {
        var all = new List<long>();
        foreach (var part in _parts) all.AddRange(part.Scan.TimesTo(step).Times.Span);
        return Durations.MedianOf(CollectionsMarshal.AsSpan(all));
    }

    /// <summary>Of each unit that entered: its person, its furthest step and its rank.</summary>
    public IEnumerable<(int Person, int Level, int Rank)> Units()
    {
        for (var i = 0; i < _parts.Length; i++)
        {
            var part = _parts[i];
            for (var unit = 0; unit < part.Units; unit++)
                if (part.Scan.LevelOf(unit) is > 0 and var level)
                    yield return (_people.PersonOf(i, part.PersonOf(unit)), level, part.Scan.RankOf(unit));
        }
    }

    /// <summary>The times to a step, each with the rank of its unit.</summary>
    public IEnumerable<(long Time, int Rank)> TimesTo(int step)
    {
        foreach (var part in _parts)
        {
            var (times, units) = part.Scan.TimesTo(step);
            for (var i = 0; i < times.Length; i++) yield return (times.Span[i], part.Scan.RankOf(units.Span[i]));
        }
    }

    public static FunnelPass Over(FunnelQuery query, QueryRun run)
    {
        var column = query.GroupBy is { } group ? run.Snapshot.Column(group.Source, group.Key) : null;
        while (true)
        {
            var ranks = query.GroupBy is null ? null : new ValueRanks(column);
            if (ranks?.Count > Math.Min(run.Limits.MaxGroupValues, FunnelScan.MaxRanks))
                throw new ProblemException(400, "too_many_groups",
                    $"'{query.GroupBy!.Key}' has more than {run.Limits.MaxGroupValues:N0} values.");
            var pass = Over(query, run, column, ranks);
            // Values that only became known on the way have no rank yet: now they all are known.
            if (ranks is null || ranks.Count == (column?.CodeCount ?? 1)) return pass;
        }
    }

    private static FunnelPass Over(FunnelQuery query, QueryRun run, PropertyColumn? column, ValueRanks? ranks)
    {
        var snapshot = run.Snapshot;
        var plan = new FunnelPlan(query.Steps.Count, query.Order, query.WindowMs, query.FromMs, query.ToMs)
        {
            Exclusions = query.Order == FunnelOrder.Ordered ? [.. query.Exclusions.Select(x => x.Between)] : [],
            Overlaps = query.Steps.Select(step => step.Events.Name).Distinct().Count() < query.Steps.Count,
            IsGrouped = ranks is not null,
        };
        var people = new PeopleInParts(run);
        var sessionIds = query.CountsSessions ? SessionCutter.IdColumn(snapshot) : null;
        var parts = Enumerable.Range(0, people.Parts).Select(_ => new Part(
            run, plan, people.PeopleOfPart, query.CountsSessions ? new SessionUnits(run, people.PeopleOfPart) : null)).ToArray();
        people.Run(
            snapshot.Blocks(query.CountsSessions ? long.MinValue : query.FromMs, query.ToMs + query.WindowMs + 1),
            () => new Picker(query, plan, snapshot, parts, column, ranks, sessionIds).Pick,
            (part, events) => parts[part].Follow(events));
        return new(people, parts, ranks);
    }

    /// <summary>Picks a funnel's events from blocks. For one thread.</summary>
    private sealed class Picker
    {
        private readonly EventSelector _selector;
        private readonly PeopleDealer _dealer;
        private readonly bool _isStrict;
        private readonly PropertyColumn? _column;
        private readonly ValueRanks? _ranks;
        private readonly PropertyColumn? _sessionIds;

        public Picker(
            FunnelQuery query, FunnelPlan plan, ProjectSnapshot snapshot, Part[] parts, PropertyColumn? column, ValueRanks? ranks,
            PropertyColumn? sessionIds)
        {
            _isStrict = query.Order == FunnelOrder.Strict;
            (_column, _ranks, _sessionIds) = (column, ranks, sessionIds);
            // Sessions are cut by all events, also by those that mean nothing to the funnel.
            _dealer = new(snapshot.People, [.. parts.Select(part => part.Finished)], keepsAll: query.CountsSessions);
            // In a strict funnel every exclusion is one of the events that break a chain anyway.
            var exclusions = plan.Exclusions.Count == 0 ? [] : query.Exclusions;
            _selector = new EventSelector(
                snapshot,
                [.. query.Steps.Select(step => step.Events.Compile(snapshot)), .. exclusions.Select(x => x.Events.Compile(snapshot))],
                query.Where?.Compile(snapshot),
                always: _isStrict || query.CountsSessions ? FunnelPlan.Breaks : 0,
                bits: [.. Enumerable.Range(0, query.Steps.Count), .. Enumerable.Range(FunnelPlan.FirstExclusionBit, exclusions.Count)])
            {
                Order = query.CountsSessions ? new SessionOrder(snapshot.People, sessionIds, null) : null,
            };
        }

        public void Pick(BlockView view, DealtEvents[] dealt)
        {
            _selector.SelectEvents(view);
            if (_isStrict) Unbreak(view.Flags);
            _dealer.Deal(
                view.Persons, view.Times, _selector.Positions, _selector.Masks, _column is null ? default : view.Codes(_column), _ranks?.OfCodes,
                _sessionIds is null ? default : view.Codes(_sessionIds), dealt);
        }

        // Traits that change are nothing that somebody did in between.
        private void Unbreak(ReadOnlySpan<byte> flags)
        {
            if (!flags.ContainsAnyInRange((byte)1, byte.MaxValue)) return;
            var masks = _selector.Masks;
            var positions = _selector.Positions;
            for (var i = 0; i < masks.Length; i++)
                if (EventFlags.TypeOf(flags[positions[i]]) == Nimbus.Events.EventType.Profile) masks[i] &= ~FunnelPlan.Breaks;
        }
    }

    /// <summary>Some of the people, followed by one thread.</summary>
    private sealed class Part
    {
        private readonly QueryRun _run;
        private readonly int _people;
        private readonly long _fromMs;
        private readonly bool _isStrict;
        private readonly SessionUnits? _sessions;
        private long _taken;

        public Part(QueryRun run, FunnelPlan plan, int people, SessionUnits? sessions)
        {
            (_run, _people, _sessions, _fromMs, _isStrict) = (run, people, sessions, plan.FromMs, plan.Order == FunnelOrder.Strict);
            Scan = FunnelScan.Of(plan, sessions is null ? people : 1024);
            TakeMore();
        }

        public FunnelScan Scan { get; }

        /// <summary>The people whose further events change nothing; null where that is not known of people.</summary>
        public ulong[]? Finished => _sessions is null ? Scan.Finished : null;

        public int Units => _sessions?.People.Count ?? _people;

        public int PersonOf(int unit) => _sessions is null ? unit : _sessions.People[unit];

        public void Follow(DealtEvents events)
        {
            if (_sessions is not null) CutSessions(events);
            Scan.Add(events.Times, events.People, events.Masks, events.Ranks);
            if (_sessions is not null) TakeMore();
        }

        // Events of people become events of sessions; what is in the funnel neither as a step nor as a break goes.
        private void CutSessions(DealtEvents events)
        {
            var times = events.Times;
            var people = events.People;
            var masks = events.Masks;
            var ranks = events.Ranks;
            var ids = events.Sessions;
            var kept = 0;
            for (var i = 0; i < times.Length; i++)
            {
                _sessions!.See(people[i], times[i], ids.IsEmpty ? 0 : ids[i]);
                var mask = _isStrict ? masks[i] : masks[i] & ~FunnelPlan.Breaks;
                if (mask == 0 || times[i] < _fromMs) continue;
                (times[kept], people[kept], masks[kept]) = (times[i], _sessions.UnitOf(people[i]), mask);
                if (!ranks.IsEmpty) ranks[kept] = ranks[i];
                kept++;
            }
            events.Count = kept;
        }

        private void TakeMore()
        {
            if (Scan.StateBytes <= _taken) return;
            _run.Take(Scan.StateBytes - _taken);
            _taken = Scan.StateBytes;
        }
    }

    /// <summary>Numbers sessions in which something of the funnel happens.</summary>
    private sealed class SessionUnits
    {
        private readonly SessionCutter _cutter;
        private readonly int[] _current;

        public SessionUnits(QueryRun run, int people)
        {
            run.Take((long)people * (SessionCutter.BytesPerPerson + sizeof(int)));
            _cutter = new(people);
            _current = new int[people];
        }

        /// <summary>Whose each session is.</summary>
        public List<int> People { get; } = [];

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
}
