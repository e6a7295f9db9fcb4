using System.Runtime.InteropServices;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Sessions;

/// <summary>Cuts each person's events into sessions and measures them.</summary>
public static class SessionsReader
{
    private const int MaxGroups = 20;

    public static SessionsResult Run(SessionsQuery query, QueryRun run)
    {
        var column = query.GroupBy is { } group ? run.Snapshot.Column(group.Source, group.Key) : null;
        var sessions = Cut(query, run, column);
        var buckets = new TimeBuckets(query.Range);
        var (points, total) = Measure(query, buckets, sessions);
        return new(points, total, query.GroupBy is null ? null : Groups(query, run, buckets, sessions, column));
    }

    /// <summary>A session that starts in the range and has an event that passes the filter.</summary>
    private readonly record struct Session(int Bucket, int Code, long LengthMs, int Events);

    /// <summary>What is known of a person's session that is still open.</summary>
    private struct Open
    {
        public long StartMs;
        public long LastMs;
        public int Code;
        public int Events;
        public bool IsOpen;
    }

    private static List<Session> Cut(SessionsQuery query, QueryRun run, PropertyColumn? column)
    {
        var snapshot = run.Snapshot;
        var buckets = new TimeBuckets(query.Range);
        run.Take((long)snapshot.PersonCount * SessionCutter.BytesPerPerson);
        var cutter = new SessionCutter(snapshot.PersonCount);
        var ids = SessionCutter.IdColumn(snapshot);
        var open = run.PerPerson<Open>();
        var sessions = new List<Session>();
        var starts = new TimeBuckets(query.Range);
        // Bit 0: the event passes the filter. Every event cuts, so every event is selected.
        var selector = new EventSelector(snapshot, [new EventRole(null)], query.Where?.Compile(snapshot), always: 1u << 31)
        {
            Order = new SessionOrder(snapshot.People, ids, column),
        };
        foreach (var view in run.Blocks(long.MinValue, buckets.ToMs))
        {
            selector.Select(view);
            var sessionIds = ids is null ? default : view.Codes(ids);
            var codes = column is null ? default : view.Codes(column);
            for (var i = 0; i < selector.People.Length; i++)
            {
                var (person, time, position) = (selector.People[i], selector.Times[i], selector.Positions[i]);
                ref var session = ref open[person];
                if (cutter.Starts(person, time, sessionIds.IsEmpty ? 0 : sessionIds[position]))
                {
                    Close(session);
                    session = new Open
                    {
                        StartMs = time,
                        Code = codes.IsEmpty ? 0 : codes[position],
                        IsOpen = time >= buckets.FromMs,
                    };
                }
                session.LastMs = time;
                if ((selector.Masks[i] & 1) != 0) session.Events++;
            }
        }
        foreach (var session in open) Close(session);
        return sessions;

        void Close(in Open session)
        {
            if (!session.IsOpen || session.Events == 0) return;
            run.Take(24);
            sessions.Add(new(starts.Of(session.StartMs), session.Code, session.LastMs - session.StartMs, session.Events));
        }
    }

    private static List<SessionsGroup> Groups(
        SessionsQuery query, QueryRun run, TimeBuckets buckets, List<Session> sessions, PropertyColumn? column)
    {
        var ranks = new ValueRanks(column);
        if (ranks.Count > run.Limits.MaxGroupValues)
            throw new ProblemException(400, "too_many_groups", $"'{query.GroupBy!.Key}' has more than {run.Limits.MaxGroupValues:N0} values.");
        var groups = sessions.GroupBy(session => session.Code)
            .Select(group => (Code: group.Key, Sessions: group.ToList()))
            .Select(group => (group.Code, group.Sessions, Answer: Measure(query, buckets, group.Sessions)))
            .OrderByDescending(group => group.Answer.Total).ThenBy(group => ranks.Of(group.Code)).ToList();
        var answer = groups.Take(MaxGroups).Select(group => new SessionsGroup(
            new RawJson((column?[group.Code] ?? PropertyValue.NotSet).Json), group.Answer.Points, group.Answer.Total)).ToList();
        if (groups.Count > MaxGroups)
        {
            var (points, total) = Measure(query, buckets, [.. groups.Skip(MaxGroups).SelectMany(group => group.Sessions)]);
            answer.Add(new(new RawJson("\"$other\""), points, total, Other: true));
        }
        return answer;
    }

    private static (List<SessionsPoint> Points, double? Total) Measure(
        SessionsQuery query, TimeBuckets buckets, List<Session> sessions)
    {
        var byBucket = sessions.ToLookup(session => session.Bucket);
        var points = buckets.Starts.Select((start, bucket) =>
            new SessionsPoint(start.ToDateTimeUtc(), Value(query.Measure, [.. byBucket[bucket]]))).ToList();
        return (points, Value(query.Measure, sessions));
    }

    private static double? Value(SessionMeasure measure, List<Session> sessions) => measure switch
    {
        SessionMeasure.Count => sessions.Count,
        _ when sessions.Count == 0 => null,
        SessionMeasure.LengthAvg => sessions.Average(session => session.LengthMs / 1000.0),
        SessionMeasure.EventsAvg => sessions.Average(session => session.Events),
        _ => Durations.MedianOf(CollectionsMarshal.AsSpan(sessions.ConvertAll(session => session.LengthMs))) / 1000,
    };
}
