namespace Nimbus.Tests.Query.Sql;

/// <summary>What people do after an event, or before one (docs/metrics.md#paths).</summary>
public static class PathsSql
{
    /// <summary>
    /// Rows of (step, from, to, people, median seconds): from null for a node, whose name is to; steps count from 0 away from the
    /// anchor, and from and to are in the order of time. A name not shown on its own is <c>$other</c>.
    /// </summary>
    public static SqlQuestion Of(
        Guid project, DateTime from, DateTime to, string? anchor, bool backward, int depth, int top, TimeSpan? window = null,
        IReadOnlyList<string>? exclude = null, string where = "TRUE")
    {
        var away = backward ? "DESC" : "ASC";
        return new SqlQuestion($"""
            WITH {SqlParts.Events},
            o AS (
                SELECT person, ts, name, row_number() OVER (PARTITION BY person
                       ORDER BY ts {away}, coalesce(seq, 9223372036854775807) {away}, name COLLATE "C" {away}) AS r
                FROM e WHERE person IS NOT NULL AND type <> 1 AND ts >= @from AND ts < @to AND coalesce({where}, FALSE) AND name <> ALL (@exclude)),
            origin AS (SELECT DISTINCT ON (person) person, ts, r FROM o WHERE {(anchor is null ? "TRUE" : $"name = {SqlParts.Quoted(anchor)}")} ORDER BY person, r),
            walk AS (
                SELECT o.*, lag(o.name) OVER p AS name_before, lag(o.ts) OVER p AS ts_before
                FROM o JOIN origin USING (person)
                WHERE o.r >= origin.r AND greatest(o.ts - origin.ts, origin.ts - o.ts) <= make_interval(secs => @window)
                WINDOW p AS (PARTITION BY person ORDER BY o.r)),
            steps AS (
                SELECT *, row_number() OVER (PARTITION BY person ORDER BY r) - 1 AS step
                FROM walk WHERE name_before IS DISTINCT FROM name),
            nodes AS (SELECT step, name, count(*) AS people,
                             row_number() OVER (PARTITION BY step ORDER BY count(*) DESC, name COLLATE "C") AS place
                      FROM steps WHERE step < @depth GROUP BY step, name),
            shown AS (SELECT step, name, CASE WHEN place <= @top THEN name ELSE '$other' END AS node FROM nodes),
            named AS (SELECT s.step, here.node AS node, before.node AS node_before, greatest(s.ts - s.ts_before, s.ts_before - s.ts) AS time
                      FROM steps s JOIN shown here ON here.step = s.step AND here.name = s.name
                      LEFT JOIN shown before ON before.step = s.step - 1 AND before.name = s.name_before)
            SELECT step, NULL, node, count(*), NULL FROM named GROUP BY step, node
            UNION ALL
            SELECT step, {(backward ? "node, node_before" : "node_before, node")}, count(*),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM time)::double precision)
            FROM named WHERE step > 0 GROUP BY step, node, node_before
            """, project).With("from", from).With("to", to).With("depth", depth).With("top", top)
            .With("window", window?.TotalSeconds ?? 1e9).With("exclude", (exclude ?? []).ToArray());
    }
}
