using Npgsql;

namespace Nimbus.Cli.Backup;

/// <summary>What is in a database, as a manifest has it.</summary>
internal static class DatabaseContents
{
    // A partitioned table counts as one.
    private const string TablesSql = """
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname
        """;

    private const string EventsVersionSql = "SELECT coalesce(max(version), 0) FROM schema_version";

    // 0006_project_settings
    private const string IdentityVersionSql = """SELECT coalesce(max(left("MigrationId", 4)::int), 0) FROM "__EFMigrationsHistory" """;

    public static async Task<List<string>> TablesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var tables = new List<string>();
        await using var command = new NpgsqlCommand(TablesSql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            tables.Add(reader.GetString(0));
        return tables;
    }

    /// <summary>The rows of each table.</summary>
    public static async Task<SortedDictionary<string, long>> RowsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in await TablesAsync(connection, ct))
        {
            // A name from the catalogue.
            rows[table] = (long)(await AskAsync(connection, $"SELECT count(*) FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", ct))!;
        }
        return rows;
    }

    /// <summary>The last step that was applied to the schema; 0 where there is none yet.</summary>
    public static async Task<int> SchemaVersionAsync(NpgsqlConnection connection, string database, CancellationToken ct)
    {
        var (table, sql) = database == DatabaseOption.Events ? ("schema_version", EventsVersionSql) : ("\"__EFMigrationsHistory\"", IdentityVersionSql);
        return await AskAsync(connection, $"SELECT to_regclass('{table}') IS NOT NULL", ct) is true
            ? (int)(await AskAsync(connection, sql, ct))! : 0;
    }

    public static async Task<object?> AskAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(ct);
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
