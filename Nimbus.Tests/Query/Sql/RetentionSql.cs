namespace Nimbus.Tests.Query.Sql;

/// <summary>Who comes back (docs/metrics.md#retention).</summary>
public static class RetentionSql
{
    /// <summary>
    /// Rows of (place, value, cohort, window, people): place 0 is everybody, places from 1 are groups, largest first, 21 the rest;
    /// cohorts and windows count from 0, window null being the size of the cohort.
    /// </summary>
    /// <param name="start">A condition on <c>e</c>; so is <paramref name="back"/>.</param>
    public static SqlQuestion Of(
        Guid project, string start, string back, DateTime from, DateTime to, DateTime[] starts, int depth,
        bool recurring = false, bool onOrAfter = false, string? groupBy = null, string where = "TRUE") =>
        new SqlQuestion($"""
            WITH {SqlParts.Events},
            a AS (
                SELECT e.id, e.person, e.ts, {start} AS is_start, {back} AS is_return, {SqlParts.GroupValue(groupBy)} AS value,
                       CASE WHEN e.ts >= @from THEN width_bucket(e.ts, @starts) - 1 END AS w
                FROM e WHERE e.person IS NOT NULL AND e.ts < @to AND (({start}) OR ({back})) AND coalesce({where}, FALSE)),
            -- The events that put a person into a cohort: all starts of a window, or those of the person's very first time.
            joined AS (
                SELECT a.* FROM a
                {(recurring ? "" : "JOIN (SELECT person, min(ts) AS ts FROM a WHERE is_start GROUP BY person) f ON f.person = a.person AND f.ts = a.ts")}
                WHERE is_start AND w IS NOT NULL),
            member AS (SELECT DISTINCT ON (person, w) person, w AS cohort, value FROM joined
                       ORDER BY person, w, ts, {SqlParts.ValueOrder("value")}),
            returns AS (SELECT DISTINCT person, w FROM a WHERE is_return AND w IS NOT NULL),
            back AS (
                -- In the window itself another event, not before the start.
                SELECT m.person, m.cohort, 0 AS n FROM member m
                WHERE EXISTS (SELECT FROM joined s JOIN a r ON r.person = s.person AND r.w = s.w AND r.is_return AND r.id <> s.id AND r.ts >= s.ts
                              WHERE s.person = m.person AND s.w = m.cohort)
                UNION
                SELECT m.person, m.cohort, n FROM member m JOIN returns r ON r.person = m.person AND r.w > m.cohort
                CROSS JOIN LATERAL generate_series({(onOrAfter ? "0" : "r.w - m.cohort")}, r.w - m.cohort) n
                WHERE n < @depth),
            ranked AS (
                SELECT value, row_number() OVER (ORDER BY count(*) DESC, {SqlParts.ValueOrder("value")}) AS place FROM member GROUP BY value),
            placed AS (SELECT m.*, least(place, 21) AS place FROM member m JOIN ranked r ON r.value IS NOT DISTINCT FROM m.value),
            counted AS (
                SELECT place, cohort, NULL::int AS n FROM placed
                UNION ALL SELECT place, cohort, n FROM placed JOIN back USING (person, cohort))
            SELECT coalesce(place, 0), (SELECT value::text FROM ranked WHERE ranked.place = c.place AND c.place < 21), cohort, n, count(*)
            FROM counted c GROUP BY GROUPING SETS ((place, cohort, n), (cohort, n))
            """, project).With("from", from).With("to", to).With("starts", starts).With("depth", depth);
}
