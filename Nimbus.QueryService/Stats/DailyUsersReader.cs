using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Stats;

/// <summary>Counts the people active on each day (docs/metrics.md#daily-active-users).</summary>
public sealed class DailyUsersReader(QueryDatabase database)
{
    // Counts on events_by_time.
    private const string Sql = $"""
        SELECT width_bucket(e.ts, @starts) AS day, count(DISTINCT who.canonical)
        FROM visible_events e
        {People.Join}
        WHERE e.project_id = @project_id AND e.ts >= @from AND e.ts < @to
        GROUP BY day
        """;

    /// <param name="days">Buckets of a day in the calendar's zone.</param>
    public Task<DailyUsersResult> ReadAsync(
        Guid projectId, LocalCalendar calendar, BucketedRange days, CancellationToken ct) =>
        database.ReadAsync("dau", async snapshot =>
        {
            await using var command = snapshot.Command(Sql);
            command.Parameters.AddWithValue("project_id", projectId);
            command.Parameters.AddWithValue("from", days.From.ToDateTimeUtc());
            command.Parameters.AddWithValue("to", days.To.ToDateTimeUtc());
            command.Parameters.AddWithValue("starts", days.Starts.Select(start => start.ToDateTimeUtc()).ToArray());

            var users = new long[days.Starts.Count];
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) users[reader.GetInt32(0) - 1] = reader.GetInt64(1);
            return new DailyUsersResult(
                [.. days.Starts.Select((start, i) => new DailyUsers(calendar.DayOf(start).ToDateOnly(), users[i]))]);
        }, ct);
}
