namespace Nimbus.Tests.Query.Sql;

/// <summary>Sessions (docs/metrics.md#sessions).</summary>
public static class SessionsSql
{
    /// <summary>
    /// Events <c>s</c> as <c>e</c>, each with the number of its session among its person's. The client's session id is
    /// <c>$session_id</c> of the context.
    /// </summary>
    public static readonly string Cut = $"""
        gaps AS (
            SELECT e.*, count(*) FILTER (WHERE is_gap) OVER (PARTITION BY person ORDER BY {Order}) AS gap
            FROM (SELECT e.*, coalesce(ts - lag(ts) OVER (PARTITION BY person ORDER BY {Order}) > interval '30 minutes', TRUE) AS is_gap
                  FROM (SELECT e.*, nullif(context -> '$session_id', 'null') AS client FROM e WHERE person IS NOT NULL AND ts < @until) e) e),
        -- Between two gaps a session goes on while the client's id does; an event without one changes nothing.
        changes AS (
            SELECT id, client <> lag(client) OVER (PARTITION BY person, gap ORDER BY {Order}) AS is_change
            FROM gaps WHERE client IS NOT NULL),
        s AS MATERIALIZED (
            SELECT gaps.*, gap * 1000 + count(*) FILTER (WHERE is_change) OVER (PARTITION BY person, gap ORDER BY {Order}) AS session
            FROM gaps LEFT JOIN changes USING (id))
        """;

    // In a millisecond by seq, then by the client's session id, where none comes first; the rest is only for one order to be had.
    private static string Order => $"ts, seq, {SqlParts.ValueOrder("client")}, id";

    /// <summary>Rows of (place, value, bucket, sessions, average seconds, median seconds, average events) as in <see cref="MeasuresSql"/>.</summary>
    /// <param name="measure">What ranks the groups: <c>count</c>, <c>length_avg</c>, <c>length_median</c>, <c>events_avg</c>.</param>
    public static SqlQuestion Of(
        Guid project, DateTime from, DateTime to, DateTime[] starts, string measure = "count", string? groupBy = null, string where = "TRUE")
    {
        var ranking = measure switch
        {
            "count" => "count(*)",
            "length_avg" => "avg(length)",
            "length_median" => "percentile_cont(0.5) WITHIN GROUP (ORDER BY length)",
            _ => "avg(events)",
        };
        return new SqlQuestion($"""
            WITH {SqlParts.Events}, {Cut},
            sessions AS (
                SELECT person, session, min(ts) AS start, extract(epoch FROM max(ts) - min(ts))::double precision AS length,
                       count(*) FILTER (WHERE coalesce({where}, FALSE)) AS events,
                       (array_agg({SqlParts.GroupValue(groupBy)} ORDER BY ts, seq, {SqlParts.ValueOrder("client")}, {SqlParts.ValueOrder(SqlParts.GroupValue(groupBy))}))[1] AS value
                FROM s AS e GROUP BY person, session),
            counted AS (SELECT *, width_bucket(start, @starts) AS bucket FROM sessions WHERE start >= @from AND events > 0),
            ranked AS (
                SELECT value, row_number() OVER (ORDER BY measure DESC, {SqlParts.ValueOrder("value")}) AS place
                FROM (SELECT value, {ranking} AS measure FROM counted GROUP BY value) g),
            placed AS (SELECT counted.*, least(place, 21) AS place FROM counted JOIN ranked ON ranked.value IS NOT DISTINCT FROM counted.value)
            SELECT place, (SELECT value::text FROM ranked WHERE ranked.place = placed.place AND placed.place < 21), bucket,
                   count(*)::double precision, avg(length), percentile_cont(0.5) WITHIN GROUP (ORDER BY length), avg(events)::double precision
            FROM placed GROUP BY GROUPING SETS ((place, bucket), (place), (bucket), ())
            """, project).With("from", from).With("to", to).With("until", to).With("starts", starts);
    }
}
