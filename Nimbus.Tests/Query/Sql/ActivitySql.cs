namespace Nimbus.Tests.Query.Sql;

/// <summary>In which buckets people are active: lifecycle and stickiness (docs/metrics.md#lifecycle).</summary>
public static class ActivitySql
{
    /// <summary>Rows of (bucket, new, returning, resurrecting, dormant), bucket 1 being the first.</summary>
    /// <param name="before">Where the bucket before the first one starts.</param>
    public static SqlQuestion Lifecycle(
        Guid project, DateTime before, DateTime from, DateTime to, DateTime[] starts, string? name = null, string where = "TRUE") =>
        new SqlQuestion($"""
            WITH {SqlParts.Events},
            a AS (SELECT person, ts,
                         CASE WHEN ts >= @before AND ts < @starts[1] THEN 0 WHEN ts >= @from THEN width_bucket(ts, @starts) END AS bucket
                  FROM e WHERE person IS NOT NULL AND ts < @to AND {SqlParts.Matches(name, where)}),
            first AS (SELECT person, min(ts) AS ts FROM a GROUP BY person),
            active AS (SELECT DISTINCT person, bucket FROM a WHERE bucket IS NOT NULL)
            SELECT b, (SELECT count(*) FROM active JOIN first USING (person)
                       WHERE bucket = b AND first.ts >= greatest(@starts[b], @from)),
                   (SELECT count(*) FROM active x JOIN active y USING (person) WHERE x.bucket = b AND y.bucket = b - 1),
                   (SELECT count(*) FROM active JOIN first USING (person)
                    WHERE bucket = b AND first.ts < greatest(@starts[b], @from)
                      AND NOT EXISTS (SELECT FROM active y WHERE y.person = active.person AND y.bucket = b - 1)),
                   -(SELECT count(*) FROM active y WHERE y.bucket = b - 1
                     AND NOT EXISTS (SELECT FROM active x WHERE x.person = y.person AND x.bucket = b))
            FROM generate_series(1, cardinality(@starts)) b ORDER BY b
            """, project).With("before", before).With("from", from).With("to", to).With("starts", starts);

    /// <summary>Rows of (days, people): how many were active on exactly so many days.</summary>
    public static SqlQuestion Stickiness(
        Guid project, DateTime from, DateTime to, DateTime[] starts, string? name = null, string where = "TRUE") =>
        new SqlQuestion($"""
            WITH {SqlParts.Events}
            SELECT days, count(*) FROM (
                SELECT person, count(DISTINCT width_bucket(ts, @starts)) AS days
                FROM e WHERE person IS NOT NULL AND ts >= @from AND ts < @to AND {SqlParts.Matches(name, where)}
                GROUP BY person) p
            GROUP BY days ORDER BY days
            """, project).With("from", from).With("to", to).With("starts", starts);
}
