using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// Ends the sessions of writers that stopped in the middle of a COPY: their locks would keep every other writer from what they
/// had in hand, for as long as the machine stands still. No timeout of PostgreSQL covers a COPY that waits for its client.
/// </summary>
internal static class StuckCopies
{
    private const string EndSql = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
          AND state = 'active' AND wait_event = 'ClientRead' AND query ~ '^\s*COPY .* FROM STDIN'
          AND query_start < clock_timestamp() - @patience
        """;

    /// <param name="patience">How long a statement may take.</param>
    public static async Task EndAsync(NpgsqlDataSource database, TimeSpan patience, CancellationToken ct)
    {
        await using var command = database.CreateCommand(EndSql);
        command.Parameters.AddWithValue("patience", patience);
        await command.ExecuteNonQueryAsync(ct);
    }
}
