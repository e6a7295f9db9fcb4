namespace Nimbus.Tests.Query.Sql;

/// <summary>A measure of the events of a name that meet a condition on <c>e</c>.</summary>
/// <param name="Measure">As in the API: <c>count</c>, <c>sum:price</c>.</param>
public sealed record SqlSeries(string Measure = "count", string? Name = null, string Where = "TRUE");

/// <summary>Measures over buckets: metrics and trends, with groups and formulas (docs/metrics.md#measures).</summary>
public static class MeasuresSql
{
    /// <summary>
    /// Rows of (place, value, bucket, result): places from 1 are groups, largest first, the last beyond the limit being the rest;
    /// bucket is null for the whole range.
    /// </summary>
    /// <param name="formula">Of series a, b, … as columns: <c>a / nullif(b, 0)</c>. Without it there is one series.</param>
    /// <param name="starts">Where the buckets start.</param>
    /// <param name="ranked">The range whose events decide which groups are the largest; the same without it.</param>
    public static SqlQuestion Of(
        Guid project, IReadOnlyList<SqlSeries> series, DateTime from, DateTime to, DateTime[] starts,
        string? groupBy = null, string source = "props", int groups = 20, string where = "TRUE", string? formula = null,
        (DateTime From, DateTime To)? ranked = null)
    {
        var columns = series.Select((_, i) => ((char)('a' + i)).ToString()).ToList();
        var value = SqlParts.GroupValue(groupBy, source);
        string Events(SqlSeries one, string from, string to) => $"""
            FROM e WHERE e.ts >= {from} AND e.ts < {to} AND {SqlParts.Matches(one.Name, one.Where)} AND coalesce({where}, FALSE)
            """;
        // The result of a formula is a double; a measure on its own keeps its digits.
        var result = formula is null ? "a" : formula;
        var cast = formula is null ? "" : "::double precision";
        return new SqlQuestion($"""
            WITH {SqlParts.Events},
            ranked AS (
                SELECT value, row_number() OVER (ORDER BY measure DESC NULLS LAST, {SqlParts.ValueOrder("value")}) AS place
                FROM (SELECT {value} AS value, {Aggregate(series[0].Measure)} AS measure
                      {Events(series[0], "@ranked_from", "@ranked_to")} GROUP BY 1) g),
            places AS (SELECT DISTINCT least(place, @groups + 1) AS place FROM ranked
                       UNION SELECT 1 WHERE {(groupBy is null ? "TRUE" : "FALSE")}),
            {string.Join(",\n", series.Select((one, i) => $"""
            placed_{columns[i]} AS (
                SELECT e.*, width_bucket(e.ts, @starts) AS bucket,
                       {(groupBy is null ? "1" : "coalesce((SELECT least(r.place, @groups + 1) FROM ranked r WHERE r.value IS NOT DISTINCT FROM x.value), @groups + 1)")} AS place
                FROM (SELECT e.*, {value} AS value {Events(one, "@from", "@to")}) x
                CROSS JOIN LATERAL (SELECT x.id, x.ts, x.person, x.props) e),
            measured_{columns[i]} AS (
                SELECT e.place, e.bucket, {Aggregate(one.Measure)} AS value
                FROM placed_{columns[i]} e GROUP BY GROUPING SETS ((e.place, e.bucket), (e.place)))
            """))},
            grid AS (SELECT place, bucket FROM places
                     CROSS JOIN (SELECT bucket FROM generate_series(1, cardinality(@starts)) bucket UNION ALL SELECT NULL) b)
            SELECT place, (SELECT value::text FROM ranked WHERE ranked.place = v.place AND v.place <= @groups), bucket, ({result})::text
            FROM (SELECT grid.place, grid.bucket,
                         {string.Join(", ", columns.Select((c, i) => $"{(IsZero(series[i].Measure) ? $"coalesce(m_{c}.value, 0)" : $"m_{c}.value")}{cast} AS {c}"))}
                  FROM grid
                  {string.Join("\n", columns.Select(c => $"LEFT JOIN measured_{c} m_{c} ON m_{c}.place = grid.place AND m_{c}.bucket IS NOT DISTINCT FROM grid.bucket"))}) v
            ORDER BY place, bucket NULLS LAST
            """, project)
            .With("from", from).With("to", to).With("starts", starts).With("groups", groups)
            .With("ranked_from", ranked?.From ?? from).With("ranked_to", ranked?.To ?? to);
    }

    /// <summary>Rows of (bucket, count): a plain count, as one would write it.</summary>
    public static SqlQuestion Counts(Guid project, DateTime from, DateTime to, DateTime[] starts) =>
        new SqlQuestion("""
            SELECT width_bucket(ts, @starts) AS bucket, count(*)
            FROM events WHERE project_id = @project AND ts >= @from AND ts < @to GROUP BY bucket ORDER BY bucket
            """, project).With("from", from).With("to", to).With("starts", starts);

    private static bool IsZero(string measure) => measure is "count" or "users" || measure.StartsWith("sum:", StringComparison.Ordinal);

    private static string Aggregate(string measure)
    {
        var colon = measure.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return measure == "count" ? "count(*)" : "count(DISTINCT e.person)";
        var key = SqlParts.Quoted(measure[(colon + 1)..]);
        var isNumber = $"coalesce(jsonb_typeof(e.props -> {key}) = 'number', FALSE)";
        var number = $"CASE WHEN {isNumber} THEN (e.props ->> {key})::numeric END";
        // percentile_cont is for doubles only, and overflows between the largest ones.
        var bounded = $"""
            CASE WHEN NOT {isNumber} THEN NULL WHEN abs({number}) < 1e-300 THEN 0
                 ELSE least(greatest({number}, -8e307), 8e307) END::double precision
            """;
        return measure[..colon] switch
        {
            "sum" => $"trim_scale(coalesce(sum({number}), 0))",
            "avg" => $"trim_scale(avg({number}))",
            "min" => $"trim_scale(min({number}))",
            "max" => $"trim_scale(max({number}))",
            "p50" => $"percentile_cont(0.5) WITHIN GROUP (ORDER BY {bounded})",
            "p90" => $"percentile_cont(0.9) WITHIN GROUP (ORDER BY {bounded})",
            "p99" => $"percentile_cont(0.99) WITHIN GROUP (ORDER BY {bounded})",
            _ => throw new ArgumentOutOfRangeException(nameof(measure)),
        };
    }
}
