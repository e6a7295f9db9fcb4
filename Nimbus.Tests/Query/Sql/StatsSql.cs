namespace Nimbus.Tests.Query.Sql;

/// <summary>Daily users, the most frequent events, and who of those first seen comes back (docs/metrics.md).</summary>
public static class StatsSql
{
    /// <summary>Rows of (day, users) for the days that have some; day 1 is the first.</summary>
    public static SqlQuestion DailyUsers(Guid project, DateTime from, DateTime to, DateTime[] starts) =>
        new SqlQuestion("""
            SELECT width_bucket(ev.ts, @starts) AS day, count(DISTINCT who.canonical)
            FROM events ev
            JOIN ids who ON who.project_id = @project AND who.key = coalesce(ev.user_key, ev.anon_key)
            WHERE ev.project_id = @project AND ev.ts >= @from AND ev.ts < @to AND who.canonical IS NOT NULL
            GROUP BY day ORDER BY day
            """, project).With("from", from).With("to", to).With("starts", starts);

    /// <summary>Rows of (name, count, users), the most frequent first.</summary>
    public static SqlQuestion TopEvents(Guid project, DateTime from, DateTime to, int limit) =>
        new SqlQuestion($"""
            WITH {SqlParts.Events}
            SELECT name, count(*), count(DISTINCT person) FROM e WHERE ts >= @from AND ts < @to
            GROUP BY name ORDER BY 2 DESC, name COLLATE "C" LIMIT @limit
            """, project).With("from", from).With("to", to).With("limit", limit);

    /// <summary>Rows of (cohort, window, people); window is null for the size of the cohort. Both count from 0.</summary>
    public static SqlQuestion Retention(Guid project, DateTime from, DateTime to, DateTime[] starts, int windows) =>
        new SqlQuestion($"""
            WITH {SqlParts.Events},
            people AS (SELECT canonical AS person, min(first_seen) AS first_seen FROM ids
                       WHERE project_id = @project AND canonical IS NOT NULL GROUP BY canonical),
            member AS (SELECT person, width_bucket(first_seen, @starts) - 1 AS cohort FROM people
                       WHERE first_seen >= @from AND first_seen < @to),
            active AS (SELECT DISTINCT person, width_bucket(ts, @starts) - 1 AS w FROM e
                       WHERE person IS NOT NULL AND ts >= @from AND ts < @to)
            SELECT cohort, NULL, count(*) FROM member WHERE cohort < @windows GROUP BY cohort
            UNION ALL
            SELECT cohort, w - cohort, count(*) FROM member JOIN active USING (person)
            WHERE w >= cohort AND w - cohort < @windows AND cohort < @windows GROUP BY cohort, w - cohort
            """, project).With("from", from).With("to", to).With("starts", starts).With("windows", windows);
}
