using System.Globalization;
using System.Net;
using Nimbus.Cli.Backup;
using Npgsql;

namespace Nimbus.Cli.Doctor;

/// <summary>A database: that it answers, is of a version and with settings that keep what they are given, and has this version's schema.</summary>
internal static class PostgresCheck
{
    private const int OldestMajor = 15;
    private const int NewestMajor = 18;

    private const string SettingsSql = """
        SELECT name, setting FROM pg_settings WHERE name IN
            ('fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum', 'default_transaction_read_only', 'wal_recycle', 'max_connections', 'server_encoding')
        """;

    public static async Task RunAsync(string name, string? connectionString, Diagnosis found, CancellationToken ct)
    {
        if (connectionString is null)
        {
            found.Unknown($"ConnectionStrings__{name} was not given to this command", "Run it with the environment of the services, or with --env-file.");
            return;
        }
        var server = new NpgsqlConnectionStringBuilder(DatabaseOption.Require(connectionString, name).ConnectionString) { Timeout = 5, CommandTimeout = 10 };
        await using var connection = await OpenAsync(name, server, found, ct);
        if (connection is null)
            return;

        await LookAtServerAsync(name, server, connection, found, ct);
        var version = await DatabaseContents.SchemaVersionAsync(connection, name, ct);
        var wanted = name == DatabaseOption.Events ? BuiltSchemas.Events : BuiltSchemas.Identity;
        if (version < wanted)
        {
            found.Fault($"its schema is at {version}, and this version needs {wanted}", name == DatabaseOption.Events
                ? "Start ingest of this version, which migrates it, and look at its log." : "Start identity of this version, which migrates it, and look at its log.");
            return;
        }
        if (version > wanted)
            found.Warn($"its schema is at {version}, and this program knows {wanted}", "Use the nimbus of the version that runs.");
        else
            found.Ok($"its schema is at {version}, as this version needs");
        await (name == DatabaseOption.Events ? EventsContents.LookAsync(connection, found, ct) : IdentityContents.LookAsync(connection, found, ct));
    }

    /// <summary>A connection; null where there is none, and a finding says why.</summary>
    public static async Task<NpgsqlConnection?> OpenAsync(string name, NpgsqlConnectionStringBuilder server, Diagnosis found, CancellationToken ct)
    {
        try
        {
            return await DatabaseOption.OpenAsync(server, ct);
        }
        catch (PostgresException refused) when (refused.SqlState.StartsWith("28", StringComparison.Ordinal))
        {
            found.Fault($"{server.Host} refuses us: {refused.MessageText}", $"Correct user and password in ConnectionStrings__{name}.");
        }
        catch (PostgresException refused)
        {
            found.Fault($"{server.Host} refuses: {refused.MessageText}", refused.SqlState == PostgresErrorCodes.InvalidCatalogName
                ? $"CREATE DATABASE {server.Database}, or correct ConnectionStrings__{name}." : "Look at the log of PostgreSQL.");
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException)
        {
            found.Fault($"{server.Host}:{server.Port} does not answer: {away.GetBaseException().Message}", $"Start it, or correct ConnectionStrings__{name}; look at firewalls between.");
        }
        return null;
    }

    private static async Task LookAtServerAsync(
        string name, NpgsqlConnectionStringBuilder server, NpgsqlConnection connection, Diagnosis found, CancellationToken ct)
    {
        var major = connection.PostgreSqlVersion.Major;
        if (major < OldestMajor)
            found.Fault($"it is PostgreSQL {major}", $"Upgrade it to {OldestMajor} to {NewestMajor}.");
        else if (major > NewestMajor)
            found.Warn($"it is PostgreSQL {major}, with which Nimbus was not tested", $"Use {OldestMajor} to {NewestMajor}.");
        else
            found.Ok($"PostgreSQL {connection.PostgreSqlVersion} answers");

        var before = DateTimeOffset.UtcNow;
        var theirs = new DateTimeOffset((DateTime)(await DatabaseContents.AskAsync(connection, "SELECT clock_timestamp()", ct))!);
        found.Clock(theirs, before, DateTimeOffset.UtcNow);

        var settings = await SettingsAsync(connection, ct);
        var sound = true;
        void Need(bool isSo, string what, string remedy)
        {
            sound &= isSo;
            if (!isSo)
                found.Fault(what, remedy);
        }

        Need(settings["fsync"] == "on", "fsync is off: a crash loses what was stored, or all", "ALTER SYSTEM SET fsync = on, and reload.");
        Need(settings["full_page_writes"] == "on", "full_page_writes is off: a crash can tear pages", "ALTER SYSTEM SET full_page_writes = on, and reload.");
        Need(settings["synchronous_commit"] != "off", "synchronous_commit is off: what was acknowledged as stored can be lost", "ALTER SYSTEM SET synchronous_commit = on, and reload.");
        Need(settings["autovacuum"] == "on", "autovacuum is off: tables swell and questions are planned badly", "ALTER SYSTEM SET autovacuum = on, and reload.");
        Need(settings["default_transaction_read_only"] == "off", "it is read-only by default: nothing can be stored", $"ALTER DATABASE {server.Database} RESET default_transaction_read_only");
        Need(settings["server_encoding"] == "UTF8", $"its encoding is {settings["server_encoding"]}: events in other scripts cannot be stored", "Make it anew: CREATE DATABASE … ENCODING 'UTF8'");
        Need(await DatabaseContents.AskAsync(connection, "SELECT pg_is_in_recovery()", ct) is false, "it is a replica: nothing can be stored", $"Name the primary in ConnectionStrings__{name}.");
        if (sound)
            found.Ok("its settings keep what was committed");
        if (name == DatabaseOption.Events && settings["wal_recycle"] == "on")
            found.Warn("wal_recycle is on: what is erased can stay in reused files of the write-ahead log", "ALTER SYSTEM SET wal_recycle = off, and reload (docs/people.md).");

        var isLocal = server.Host is "localhost" || (IPAddress.TryParse(server.Host, out var address) && IPAddress.IsLoopback(address));
        if (!isLocal && await DatabaseContents.AskAsync(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", ct) is not true)
            found.Warn("the connection to it is not encrypted", "Add SSL Mode=Require (better VerifyFull) to the connection string, where the network is not yours alone.");
        var used = (long)(await DatabaseContents.AskAsync(connection, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'", ct))!;
        var most = int.Parse(settings["max_connections"], CultureInfo.InvariantCulture);
        if (used > most * 0.8)
            found.Warn($"{used} of {most} connections are in use", "Raise max_connections, or lower Maximum Pool Size in the connection strings of services.");
        const string OldestSql = """
            SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8
            FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = current_database()
            """;
        var oldest = TimeSpan.FromSeconds((double)(await DatabaseContents.AskAsync(connection, OldestSql, ct))!);
        if (oldest > TimeSpan.FromHours(1))
            found.Warn($"a transaction has been open for {oldest.TotalHours:0.0} hours", "Find it in pg_stat_activity: it holds up vacuum, erasures and the roll-over of event keys.");
        if (isLocal && await DataFolderAsync(connection, ct) is { } folder && Directory.Exists(folder))
            found.Disk(folder, "the folder of PostgreSQL's data");
    }

    private static async Task<Dictionary<string, string>> SettingsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>();
        await using var command = new NpgsqlCommand(SettingsSql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            settings[reader.GetString(0)] = reader.GetString(1);
        return settings;
    }

    private static async Task<string?> DataFolderAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        try
        {
            return await DatabaseContents.AskAsync(connection, "SHOW data_directory", ct) as string;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Told to few.
            return null;
        }
    }
}
