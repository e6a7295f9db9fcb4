namespace Nimbus.Tests.Query.Sql;

/// <summary>An exclusion of a funnel between two steps, counted from 1: a condition on <c>e</c>.</summary>
public sealed record SqlExclusion(string Condition, int After, int Before);

/// <summary>How far people come (docs/metrics.md#funnels).</summary>
public static class FunnelSql
{
    /// <summary>
    /// The definition: every choice of distinct events for the steps 1 … k is a row, and the rows that are no chain are thrown away.
    /// Rows of (place, value, step, people, median seconds): place 0 is everybody, places from 1 are groups, largest first, 21 the rest.
    /// </summary>
    /// <param name="steps">Conditions on <c>e</c>.</param>
    /// <param name="order">ordered, strict or any.</param>
    public static SqlQuestion Chains(
        Guid project, IReadOnlyList<string> steps, DateTime from, DateTime to, TimeSpan window, string order = "ordered",
        IReadOnlyList<SqlExclusion>? exclude = null, string? groupBy = null, bool sessions = false, string where = "TRUE")
    {
        string ChainsTo(int step) => step == 1
            ? $"""
            c1 AS (SELECT e.unit, e.ts AS start, e.ts AS done, ARRAY[e.id] AS taken, ARRAY[e.ts] AS times, {SqlParts.GroupValue(groupBy)} AS value
                   FROM u AS e WHERE {steps[0]} AND coalesce({where}, FALSE) AND e.ts >= @from AND e.ts < @to)
            """
            : $"""
            c{step} AS (SELECT c.unit, least(c.start, e.ts) AS start, greatest(c.done, e.ts) AS done, c.taken || e.id AS taken, c.times || e.ts AS times, c.value
                   FROM c{step - 1} c JOIN u AS e ON e.unit = c.unit
                   WHERE {steps[step - 1]} AND coalesce({where}, FALSE) AND e.id <> ALL (c.taken) AND e.ts >= {(order == "any" ? "@from" : "c.done")}
                     AND greatest(c.done, e.ts) - least(c.start, e.ts) <= make_interval(secs => @window))
            """;
        // What shares a millisecond with an end can stand outside; what lies strictly between cannot.
        var isChain = new List<string> { "TRUE" };
        if (order == "strict")
            isChain.Add("NOT EXISTS (SELECT FROM u x WHERE x.unit = c.unit AND x.type <> 1 AND x.ts > c.start AND x.ts < c.done AND x.id <> ALL (c.taken))");
        else
            isChain.AddRange((exclude ?? []).Select(x => $"""
                (c.step <= {x.After} OR NOT EXISTS (SELECT FROM u AS e WHERE e.unit = c.unit AND {x.Condition} AND coalesce({where}, FALSE)
                    AND e.ts > c.times[{x.After}] AND e.ts < c.times[least({x.Before}, c.step)]))
                """));
        return new SqlQuestion($"""
            WITH {SqlParts.Events},
            {(sessions ? $"{SessionsSql.Cut}, u AS (SELECT s.*, person * 1000000 + session AS unit FROM s)"
                : "u AS (SELECT e.*, person AS unit FROM e WHERE person IS NOT NULL AND ts < @until)")},
            {string.Join(",\n", Enumerable.Range(1, steps.Count).Select(ChainsTo))},
            c AS ({string.Join(" UNION ALL ", Enumerable.Range(1, steps.Count).Select(step => $"SELECT {step} AS step, * FROM c{step}"))}),
            {Answer(steps.Count, $"SELECT unit, step, start, done, value FROM c WHERE {string.Join(" AND ", isChain)}")}
            """, project).With("from", from).With("to", to).With("until", to + window + TimeSpan.FromMilliseconds(1)).With("window", window.TotalSeconds);
    }

    /// <summary>
    /// The same for steps that share no event, as one would write it for many events: one sort, and window functions that carry the
    /// latest start along. Rows are those of <see cref="Chains"/>.
    /// </summary>
    public static SqlQuestion Windows(
        Guid project, IReadOnlyList<string> names, DateTime from, DateTime to, TimeSpan window, string order = "ordered",
        string? excluded = null, string? groupBy = null)
    {
        var body = order switch
        {
            "any" => AnyBody(names),
            "strict" => StrictBody(names),
            _ => OrderedBody(names, excluded),
        };
        var wanted = order == "strict" ? "TRUE" : $"n.name = ANY (@names)";
        return new SqlQuestion($"""
            WITH e AS (
                SELECT ev.id, ev.ts, n.name, who.canonical AS unit, ev.type, CASE WHEN n.name = {SqlParts.Quoted(names[0])} THEN {SqlParts.GroupValue(groupBy).Replace("e.props", "ev.props", StringComparison.Ordinal)} END AS value
                FROM events ev
                JOIN event_names n ON n.project_id = @project AND n.code = ev.name_code
                JOIN ids who ON who.project_id = @project AND who.key = coalesce(ev.user_key, ev.anon_key)
                WHERE ev.project_id = @project AND who.canonical IS NOT NULL AND {wanted}
                  AND ev.ts >= @from AND ev.ts <= @until),
            {body},
            {Answer(names.Count, "SELECT unit, step, start, done, value FROM c")}
            """, project).With("from", from).With("to", to).With("until", to + window).With("window", window.TotalSeconds)
            .With("names", (excluded is null ? names : [.. names, excluded]).ToArray());
    }

    // k: of each person the chain that reaches step k first, of those the one that starts last, of those the smallest value.
    private static string Answer(int steps, string chains) => $"""
        best AS MATERIALIZED (
            SELECT DISTINCT ON (unit, step) unit, step, extract(epoch FROM done - start)::double precision AS seconds, value
            FROM ({chains}) c ORDER BY unit, step, done, start DESC, {SqlParts.ValueOrder("value")}),
        furthest AS (SELECT DISTINCT ON (unit) unit, value FROM best ORDER BY unit, step DESC),
        ranked AS (SELECT value, row_number() OVER (ORDER BY count(*) DESC, {SqlParts.ValueOrder("value")}) AS place FROM furthest GROUP BY value),
        placed AS (SELECT best.*, least(ranked.place, 21) AS place
                   FROM best JOIN furthest f USING (unit) JOIN ranked ON ranked.value IS NOT DISTINCT FROM f.value)
        SELECT coalesce(p.place, 0), (SELECT value::text FROM ranked WHERE ranked.place = p.place AND p.place < 21), p.step, count(*),
               percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
        FROM placed p GROUP BY GROUPING SETS ((p.place, p.step), (p.step))
        """;

    // l1 is the latest start at or before this moment, l2 the latest start of a chain that has passed step 2, and so on. Peers of a
    // moment are in a window function's frame, so events of one millisecond serve in any order.
    private static string OrderedBody(IReadOnlyList<string> names, string? excluded)
    {
        var steps = names.Count;
        var ctes = new List<string>
        {
            $"""
            l1 AS (SELECT e.*, max(ts) FILTER (WHERE name = {SqlParts.Quoted(names[0])} AND ts < @to) OVER p AS start_1,
                          {(excluded is null ? "NULL::timestamptz" : $"max(ts) FILTER (WHERE name = {SqlParts.Quoted(excluded)}) OVER (PARTITION BY unit ORDER BY ts GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)")} AS broken
                   FROM e WINDOW p AS (PARTITION BY unit ORDER BY ts))
            """,
        };
        for (var step = 2; step <= steps; step++)
        {
            var passes = $"name = {SqlParts.Quoted(names[step - 1])} AND ts - start_{step - 1} <= make_interval(secs => @window) AND coalesce(broken <= start_{step - 1}, TRUE)";
            ctes.Add($"""
                l{step} AS (SELECT *, max(start_{step - 1}) FILTER (WHERE {passes}) OVER (PARTITION BY unit ORDER BY ts) AS start_{step},
                                   {passes} AS reaches_{step}
                       FROM l{step - 1})
                """);
        }
        // The group of a chain is that of its step-1 event, of several in one millisecond the smallest value.
        ctes.Add($"""
            starts AS (SELECT DISTINCT ON (unit, ts) unit, ts, value FROM e WHERE name = {SqlParts.Quoted(names[0])}
                       ORDER BY unit, ts, {SqlParts.ValueOrder("value")}),
            reached AS (SELECT unit, 1 AS step, ts AS start, ts AS done FROM l1 WHERE name = {SqlParts.Quoted(names[0])} AND ts < @to
                        {string.Concat(Enumerable.Range(2, steps - 1).Select(step => $" UNION ALL SELECT unit, {step}, start_{step - 1}, ts FROM l{steps} WHERE reaches_{step}"))}),
            c AS (SELECT reached.*, starts.value FROM reached JOIN starts ON starts.unit = reached.unit AND starts.ts = reached.start)
            """);
        return string.Join(",\n", ctes);
    }

    // In any order: the latest event of each step, the earliest of those being the start.
    private static string AnyBody(IReadOnlyList<string> names)
    {
        var latest = names.Select((name, i) =>
            $"max(ts) FILTER (WHERE name = {SqlParts.Quoted(name)}{(i == 0 ? " AND ts < @to" : "")}) OVER p AS latest_{i + 1}");
        return $"""
            l AS (SELECT e.*, {string.Join(", ", latest)} FROM e WINDOW p AS (PARTITION BY unit ORDER BY ts)),
            c AS ({string.Join(" UNION ALL ", Enumerable.Range(1, names.Count).Select(step =>
            {
                var all = string.Join(", ", Enumerable.Range(1, step).Select(i => $"latest_{i}"));
                return $"SELECT unit, {step} AS step, least({all}) AS start, ts AS done, NULL::jsonb AS value FROM l WHERE num_nulls({all}) = 0 AND ts - least({all}) <= make_interval(secs => @window)";
            }))})
            """;
    }

    // Moments of a person are numbered, and each chain goes on within a moment or to the next one. What lies strictly between its
    // ends is counted, and has to be the chain itself.
    private static string StrictBody(IReadOnlyList<string> names)
    {
        var steps = names.Count;
        var ctes = new List<string>
        {
            $"""
            m AS (SELECT e.*, dense_rank() OVER p AS moment, count(*) OVER p AS upto, count(*) OVER (PARTITION BY unit, ts) AS size
                  FROM e WHERE type <> 1 WINDOW p AS (PARTITION BY unit ORDER BY ts)),
            c1 AS (SELECT unit, moment, 1 AS inside, ts AS start, ts AS done, upto, 0 AS between_ends, value FROM m WHERE name = {SqlParts.Quoted(names[0])} AND ts < @to)
            """,
        };
        // inside: the chain's events of its last moment; between_ends: those strictly between its first moment and its last.
        for (var step = 2; step <= steps; step++)
            ctes.Add($"""
                c{step} AS (SELECT m.unit, m.moment, CASE WHEN m.ts = c.done THEN c.inside + 1 ELSE 1 END AS inside, c.start, m.ts AS done, c.upto,
                           c.between_ends + CASE WHEN m.ts > c.done AND c.done > c.start THEN c.inside ELSE 0 END AS between_ends, c.value
                    FROM c{step - 1} c CROSS JOIN LATERAL (VALUES (c.moment), (c.moment + 1)) next(moment)
                    JOIN m ON m.unit = c.unit AND m.moment = next.moment
                    WHERE m.name = {SqlParts.Quoted(names[step - 1])} AND m.ts - c.start <= make_interval(secs => @window)
                      AND (m.ts = c.start OR m.upto - m.size - c.upto = c.between_ends + CASE WHEN m.ts > c.done AND c.done > c.start THEN c.inside ELSE 0 END))
                """);
        ctes.Add($"c AS ({string.Join(" UNION ALL ", Enumerable.Range(1, steps).Select(step => $"SELECT {step} AS step, unit, start, done, value FROM c{step}"))})");
        return string.Join(",\n", ctes);
    }
}
