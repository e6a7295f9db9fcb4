using Microsoft.Extensions.Options;
using Nimbus.Events.Schema;
using Npgsql;

namespace Nimbus.IngestService.Retention;

/// <summary>
/// Ends the life of a project's older events: the floor hides them from every answer at once, and behind it they are deleted.
/// When people were first seen stays as it was.
/// </summary>
internal sealed partial class EventExpiry(IOptions<RetentionOptions> options, IngestMetrics metrics, ILogger<EventExpiry> logger)
{
    // What the floor hides from now on; null where nothing is there that was not hidden before.
    private const string HiddenSql = """
        SELECT min(e.ts) FROM events e LEFT JOIN project_floors f ON f.project_id = e.project_id
        WHERE e.project_id = @project AND e.ts < @floor AND (f.floor IS NULL OR e.ts >= f.floor)
        """;

    private const string RaiseSql = """
        INSERT INTO project_floors AS f (project_id, floor) VALUES (@project, @floor)
        ON CONFLICT (project_id) DO UPDATE SET floor = excluded.floor WHERE f.floor < excluded.floor
        """;

    private const string DeletionSql = """
        WITH numbered AS (UPDATE project_seq SET n = n + 1 WHERE project_id = @project RETURNING project_id, n)
        INSERT INTO outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts)
        SELECT project_id, n, @entry, @kind, 0, @hidden, @floor - interval '1 millisecond' FROM numbered
        """;

    // By events_by_time.
    private const string DeleteSql = """
        WITH doomed AS (
            SELECT ts, id FROM events WHERE project_id = @project AND ts < @floor ORDER BY ts, id LIMIT @most)
        DELETE FROM events e USING doomed
        WHERE e.project_id = @project AND e.ts < @floor AND e.ts = doomed.ts AND e.id = doomed.id
        """;

    /// <summary>The first instant that is kept: the start of the UTC day on which the oldest kept moment lies.</summary>
    public static DateTimeOffset FloorOf(DateTimeOffset now, int retentionDays) =>
        new(now.UtcDateTime.Date.AddDays(-retentionDays), TimeSpan.Zero);

    /// <summary>Hides and deletes a project's events before <paramref name="floor"/>.</summary>
    public async Task ExpireAsync(NpgsqlConnection connection, Guid projectId, DateTimeOffset floor, CancellationToken ct)
    {
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            await using var hidden = Command(connection, HiddenSql, projectId, floor);
            var from = await hidden.ExecuteScalarAsync(ct) as DateTime?;
            await using (var raise = Command(connection, RaiseSql, projectId, floor))
                await raise.ExecuteNonQueryAsync(ct);
            if (from is not null)
            {
                await using var deletion = Command(connection, DeletionSql, projectId, floor);
                deletion.Parameters.AddWithValue("entry", Guid.CreateVersion7());
                deletion.Parameters.AddWithValue("kind", OutboxKind.EventsDeleted);
                deletion.Parameters.AddWithValue("hidden", from);
                await deletion.ExecuteNonQueryAsync(ct);
            }
            await transaction.CommitAsync(ct);
        }

        long total = 0;
        int deleted;
        do
        {
            await using var delete = Command(connection, DeleteSql, projectId, floor);
            delete.Parameters.AddWithValue("most", options.Value.EventsPerStatement);
            total += deleted = await delete.ExecuteNonQueryAsync(ct);
            metrics.Expired(deleted);
        }
        while (deleted == options.Value.EventsPerStatement);
        if (total > 0)
            LogExpired(total, projectId);
    }

    /// <summary>Drops the partitions that lie below every project's floor.</summary>
    public async Task DropPartitionsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        if (await MonthlyPartitions.DropExpiredAsync(connection, ct) is > 0 and var dropped)
            LogDropped(dropped);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, Guid projectId, DateTimeOffset floor)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddWithValue("project", projectId);
        command.Parameters.AddWithValue("floor", floor);
        return command;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} events of project {ProjectId} were past its retention and are deleted")]
    private partial void LogExpired(long count, Guid projectId);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} partitions held nothing that anyone keeps and are dropped")]
    private partial void LogDropped(int count);
}
