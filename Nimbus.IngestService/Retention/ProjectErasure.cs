using Microsoft.Extensions.Options;
using Nimbus.IngestService.Writing;
using Npgsql;

namespace Nimbus.IngestService.Retention;

/// <summary>Deletes everything of a deleted project from eventsdb. Its members do not see the project any more when this begins.</summary>
internal sealed partial class ProjectErasure(
    WriterState writer, IOptions<RetentionOptions> options, ILogger<ProjectErasure> logger)
{
    // Clocks of two machines differ by less.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    // Whatever carries a project's id, so that a new table is not forgotten; what numbers the changes goes last.
    private const string TablesSql = """
        SELECT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'project_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ORDER BY c.relname = 'project_seq', c.relname <> 'events', c.relname
        """;

    // By events_by_time.
    private const string DeleteEventsSql = """
        WITH doomed AS (SELECT ts, id FROM events WHERE project_id = @project ORDER BY ts, id LIMIT @most)
        DELETE FROM events e USING doomed WHERE e.project_id = @project AND e.ts = doomed.ts AND e.id = doomed.id
        """;

    /// <returns>
    /// Whether nothing is left or can come: its keys are dead, so what was sent before is either stored or still in the stream.
    /// </returns>
    public async Task<bool> EraseAsync(NpgsqlConnection connection, Guid projectId, DateTimeOffset deletedAt, CancellationToken ct)
    {
        var isDrained = writer.OldestWaiting > deletedAt + Margin;
        long rows = 0;
        foreach (var table in await TablesAsync(connection, ct))
            rows += table == "events" ? await DeleteEventsAsync(connection, projectId, ct) : await DeleteAsync(connection, table, projectId, ct);
        if (isDrained)
            LogErased(projectId, rows);
        return isDrained;
    }

    private static async Task<List<string>> TablesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var tables = new List<string>();
        await using var command = new NpgsqlCommand(TablesSql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            tables.Add(reader.GetString(0));
        return tables;
    }

    private async Task<long> DeleteEventsAsync(NpgsqlConnection connection, Guid projectId, CancellationToken ct)
    {
        long total = 0;
        int deleted;
        do
        {
            await using var command = new NpgsqlCommand(DeleteEventsSql, connection) { CommandTimeout = 0 };
            command.Parameters.AddWithValue("project", projectId);
            command.Parameters.AddWithValue("most", options.Value.EventsPerStatement);
            total += deleted = await command.ExecuteNonQueryAsync(ct);
        }
        while (deleted == options.Value.EventsPerStatement);
        return total;
    }

    private static async Task<long> DeleteAsync(NpgsqlConnection connection, string table, Guid projectId, CancellationToken ct)
    {
        // A name from the catalogue, of a table of ours.
        await using var command = new NpgsqlCommand($"DELETE FROM \"{table}\" WHERE project_id = @project", connection) { CommandTimeout = 0 };
        command.Parameters.AddWithValue("project", projectId);
        return await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Nothing is left of deleted project {ProjectId}; {Rows} rows in the last round")]
    private partial void LogErased(Guid projectId, long rows);
}
