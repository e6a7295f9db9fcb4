using Nimbus.Events.Schema;
using Npgsql;

namespace Nimbus.IngestService.People;

/// <summary>
/// Writes tables anew: a deleted row stands in its page, and in the log, until then, and what PostgreSQL has sampled for its
/// planner stands in a catalog of its own.
/// </summary>
internal sealed class PostgresFiles(NpgsqlDataSource database, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    // While it waits for its lock everybody else waits behind it.
    private const string LockTimeoutSql = "SET lock_timeout = '5s'";
    private const string AsBeforeSql = "RESET lock_timeout";

    private const string TransactionSql = "SELECT pg_current_xact_id()::xid::text";

    // Who may still see what was deleted before that transaction: rewriting would keep it for them.
    private const string OlderSql = """
        SELECT (SELECT count(*) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)
                  AND backend_xmin IS NOT NULL AND age(backend_xmin) > age(@transaction::xid))
             + (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database() AND age(transaction) > age(@transaction::xid))
             + (SELECT count(*) FROM pg_replication_slots WHERE xmin IS NOT NULL AND age(xmin) > age(@transaction::xid))
        """;

    private const string FileSql = "SELECT pg_relation_filenode(@table::regclass)::bigint";
    private const string SizeSql = "SELECT coalesce(pg_relation_size(to_regclass(@table)), -1)";
    private const string HasStatisticsSql = "SELECT EXISTS (SELECT FROM pg_stats WHERE schemaname = current_schema() AND tablename = @table)";

    private const string WalSql = """
        SELECT clock_timestamp(), pg_walfile_name(pg_current_wal_lsn())
        """;

    // The record makes sure that there is something to switch away from.
    private const string SwitchWalSql = "SELECT pg_logical_emit_message(true, 'nimbus', 'erasure'); SELECT pg_switch_wal(); CHECKPOINT";

    // By name those that were written until the switch; by time also files that wait to be used again and hold what they held.
    // Times of files are whole seconds.
    private const string OldWalSql = """
        SELECT count(*) FROM pg_ls_waldir()
        WHERE name ~ '^[0-9A-F]{24}$' AND (substr(name, 9) <= substr(@file, 9) OR modification < date_trunc('second', @at))
        """;

    private DateTimeOffset _nextWal;
    private TimeSpan _walPause = TimeSpan.FromSeconds(1);

    /// <summary>Waits until no transaction sees any more what was deleted before this was called.</summary>
    /// <returns>False: some still may.</returns>
    public async Task<bool> IsUnseenAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        var transaction = (string)(await ScalarAsync(connection, TransactionSql, ct))!;
        for (var begun = time.GetTimestamp(); time.GetElapsedTime(begun) < Patience; await Task.Delay(BetweenLooks, time, ct))
        {
            if (await ScalarAsync(connection, OlderSql, ct, new NpgsqlParameter("transaction", transaction)) is 0L)
                return true;
        }
        return false;
    }

    /// <summary>The partitions of events that may hold something of a time; those that are empty need nothing.</summary>
    public async Task<List<string>> PartitionsAsync(DateTime first, DateTime last, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        var names = new HashSet<string>();
        for (var month = new DateOnly(first.Year, first.Month, 1); month <= DateOnly.FromDateTime(last); month = month.AddMonths(1))
        {
            var name = MonthlyPartitions.NameOf(month);
            names.Add(await SizeAsync(connection, name, ct) >= 0 ? name : "events_default");
        }
        var partitions = new List<string>();
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            if (await SizeAsync(connection, name, ct) > 0)
                partitions.Add(name);
        }
        return partitions;
    }

    /// <summary>Writes a table and its indexes anew, and has the planner look at it again.</summary>
    /// <returns>False: this role may not.</returns>
    public async Task<bool> RewriteAsync(string table, bool isCatalog, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await ScalarAsync(connection, LockTimeoutSql, ct);
        try
        {
            var before = await ScalarAsync(connection, FileSql, ct, new NpgsqlParameter("table", table));
            // Names cannot be bound; these are constants and names of partitions. Without the right to, it only warns.
            await ScalarAsync(connection, $"VACUUM (FULL) {table}", ct);
            if (!isCatalog)
                await ScalarAsync(connection, $"ANALYZE {table}", ct);
            return !Equals(before, await ScalarAsync(connection, FileSql, ct, new NpgsqlParameter("table", table)));
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
        finally
        {
            if (connection.State == System.Data.ConnectionState.Open)
                await ScalarAsync(connection, AsBeforeSql, CancellationToken.None);
        }
    }

    /// <summary>What was sampled of all partitions together stands apart; mostly nobody ever did.</summary>
    public async Task SampleEventsAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        if (await ScalarAsync(connection, HasStatisticsSql, ct, new NpgsqlParameter("table", "events")) is true)
            await ScalarAsync(connection, "ANALYZE events", ct);
    }

    /// <summary>Whether the log from before this is deleted; tried again a little later where something keeps it.</summary>
    /// <returns>The state of the place, with what it waits for; null while it is not yet time to look again.</returns>
    public async Task<(PlaceState State, string? Detail)?> AgeLogAsync(CancellationToken ct)
    {
        if (time.GetUtcNow() < _nextWal)
            return null;
        await using var connection = await database.OpenConnectionAsync(ct);
        try
        {
            var (at, file) = await WalAsync(connection, ct);
            await ScalarAsync(connection, SwitchWalSql, ct);
            var old = (long)(await ScalarAsync(connection, OldWalSql, ct, new NpgsqlParameter("at", at), new NpgsqlParameter("file", file)))!;
            // Each look takes a file of the log, which is not free.
            _walPause = old == 0 ? TimeSpan.FromSeconds(1) : TimeSpan.FromTicks(Math.Min(_walPause.Ticks * 2, TimeSpan.FromMinutes(10).Ticks));
            _nextWal = old == 0 ? default : time.GetUtcNow() + _walPause;
            return old == 0
                ? (PlaceState.Rewritten, null)
                : (PlaceState.Waiting, $"{old} files of the log are still kept: by wal_recycle=on, wal_keep_size, a replication slot or an archive that is behind");
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return (PlaceState.LeftToOperator,
                $"{refused.MessageText}; the log ages as this server's checkpoints, archive and backups have it. With pg_checkpoint, "
                + "EXECUTE on pg_switch_wal and pg_monitor Nimbus does it");
        }
    }

    private static async Task<(DateTime At, string File)> WalAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(WalSql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetDateTime(0), reader.GetString(1));
    }

    private static async Task<long> SizeAsync(NpgsqlConnection connection, string table, CancellationToken ct) =>
        (long)(await ScalarAsync(connection, SizeSql, ct, new NpgsqlParameter("table", table)))!;

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(ct);
    }
}
