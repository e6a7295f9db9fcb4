using System.Globalization;
using Npgsql;

namespace Nimbus.Cli.Backup;

/// <summary>One database on its way back: filled beside the one that is there, and put in its place when it is whole.</summary>
internal sealed class RestoredDatabase(string name, NpgsqlConnectionStringBuilder target)
{
    private static readonly TimeSpan RenamePatience = TimeSpan.FromSeconds(30);

    private readonly string _suffix = DateTime.UtcNow.ToString("yyyyMMdd'_'HHmmss", CultureInfo.InvariantCulture);
    private bool _isThere;
    private bool _isMade;

    public string Name => name;

    /// <summary>Its name on the server.</summary>
    public string Database => target.Database!;

    public int ServerMajor { get; private set; }

    /// <summary>What stands in its place, in words; null where that is nothing.</summary>
    public string? Holds { get; private set; }

    private string Beside => $"{Shorten(Database)}_restoring_{_suffix}";

    private string Aside => $"{Shorten(Database)}_replaced_{_suffix}";

    private NpgsqlConnectionStringBuilder BesideServer => new(target.ConnectionString) { Database = Beside };

    /// <summary>Finds out what is there, and whether this server can take the dump.</summary>
    public async Task LookAsync(DumpedDatabase dump, CancellationToken ct)
    {
        await using (var server = await OpenServerAsync(ct))
        {
            ServerMajor = server.PostgreSqlVersion.Major;
            await using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", server);
            exists.Parameters.AddWithValue(Database);
            _isThere = await exists.ExecuteScalarAsync(ct) is true;
        }
        if (ServerMajor < Version.Parse(dump.ServerVersion).Major)
            throw new CliException($"{name} was dumped from PostgreSQL {dump.ServerVersion} and this server is {ServerMajor}: PostgreSQL does not go back. Restore into {Version.Parse(dump.ServerVersion).Major} or newer.");
        if (!_isThere)
            return;
        await using var there = await DatabaseOption.OpenAsync(target, ct);
        var tables = await DatabaseContents.TablesAsync(there, ct);
        if (tables.Count == 0)
            return;
        var events = tables.Contains("events") ? await DatabaseContents.AskAsync(there, "SELECT count(*) FROM events", ct) : null;
        Holds = string.Create(CultureInfo.InvariantCulture, $"{tables.Count} tables{(events is null ? "" : $", {events:N0} events")}");
    }

    /// <summary>Restores beside what is there, and counts.</summary>
    public async Task FillAsync(PostgresProgram program, string file, DumpedDatabase dump, int jobs, CancellationToken ct)
    {
        await using (var server = await OpenServerAsync(ct))
        {
            await DatabaseContents.ExecuteAsync(server, $"CREATE DATABASE {Quoted(Beside)} TEMPLATE template0 ENCODING 'UTF8'", ct);
            _isMade = true;
        }
        await program.RunAsync(
            BesideServer, ["--exit-on-error", "--no-owner", "--no-privileges", string.Create(CultureInfo.InvariantCulture, $"--jobs={jobs}"), file], ct);

        await using var restored = await DatabaseOption.OpenAsync(BesideServer, ct);
        var rows = await DatabaseContents.RowsAsync(restored, ct);
        var wrong = dump.Rows.Keys.Union(rows.Keys).Where(table => dump.Rows.GetValueOrDefault(table, -1) != rows.GetValueOrDefault(table, -1)).ToList();
        if (wrong.Count > 0)
            throw new CliException($"{name} has other rows than the backup in {string.Join(", ", wrong)}; nothing was replaced.");
        foreach (var statement in AfterRestore())
            await DatabaseContents.ExecuteAsync(restored, statement, ct);
        // Nothing is known of the new tables, and questions would be planned badly until it is.
        await DatabaseContents.ExecuteAsync(restored, "ANALYZE", ct);
    }

    /// <summary>People who were erased and projects that were deleted after that time, which the backup brings back.</summary>
    public async Task<List<string>> GoneSinceAsync(DateTimeOffset madeAt, CancellationToken ct)
    {
        var gone = new List<string>();
        if (Holds is null)
            return gone;
        var (table, sql) = name == DatabaseOption.Events
            ? ("erasures", "SELECT format('erased person %s of project %s', person, project_id) FROM erasures, unnest(person_ids) person WHERE requested_at >= $1 ORDER BY requested_at")
            : ("projects", "SELECT format('deleted project %s', id) FROM projects WHERE deleted_at >= $1 ORDER BY deleted_at");
        await using var there = await DatabaseOption.OpenAsync(target, ct);
        if (!(await DatabaseContents.TablesAsync(there, ct)).Contains(table))
            return gone;
        await using var command = new NpgsqlCommand(sql, there);
        command.Parameters.AddWithValue(madeAt);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            gone.Add(reader.GetString(0));
        return gone;
    }

    /// <returns>The name under which what was there is kept; null where it was nothing.</returns>
    public async Task<string?> TakePlaceAsync()
    {
        await using var server = await OpenServerAsync(CancellationToken.None);
        if (_isThere && Holds is null)
            await DatabaseContents.ExecuteAsync(server, $"DROP DATABASE {Quoted(Database)} WITH (FORCE)", default);
        else if (_isThere)
            await RenameAsync(server, Database, Aside);
        await RenameAsync(server, Beside, Database);
        _isMade = false;
        return _isThere && Holds is not null ? Aside : null;
    }

    /// <summary>Removes what was restored, when it did not come to its place.</summary>
    public async Task GiveUpAsync()
    {
        if (!_isMade)
            return;
        await using var server = await OpenServerAsync(CancellationToken.None);
        await DatabaseContents.ExecuteAsync(server, $"DROP DATABASE IF EXISTS {Quoted(Beside)} WITH (FORCE)", default);
    }

    private IEnumerable<string> AfterRestore() => name == DatabaseOption.Events
        // Writers and followers forget the history that is no more.
        ? ["UPDATE stream_epoch SET epoch = gen_random_uuid(), since = now()"]
        // What was ended since the backup would live again, and what was renewed since would look stolen.
        : ["UPDATE sessions SET revoked_at = now(), revoked_reason = 'restored' WHERE revoked_at IS NULL", "DELETE FROM password_resets"];

    /// <summary>A database cannot be renamed while somebody is connected to it, and services connect again at once: so none may meanwhile.</summary>
    private static async Task RenameAsync(NpgsqlConnection server, string from, string to)
    {
        await DatabaseContents.ExecuteAsync(server, $"ALTER DATABASE {Quoted(from)} WITH ALLOW_CONNECTIONS false", default);
        var now = from;
        try
        {
            await EndSessionsAndRenameAsync(server, from, to);
            now = to;
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(server, $"ALTER DATABASE {Quoted(now)} WITH ALLOW_CONNECTIONS true", default);
        }
    }

    private static async Task EndSessionsAndRenameAsync(NpgsqlConnection server, string from, string to)
    {
        var giveUpAt = DateTime.UtcNow + RenamePatience;
        while (true)
        {
            await using (var end = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", server))
            {
                end.Parameters.AddWithValue(from);
                await end.ExecuteNonQueryAsync();
            }
            try
            {
                await DatabaseContents.ExecuteAsync(server, $"ALTER DATABASE {Quoted(from)} RENAME TO {Quoted(to)}", default);
                return;
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.ObjectInUse && DateTime.UtcNow < giveUpAt)
            {
                // A session takes a moment to end.
                await Task.Delay(100);
            }
        }
    }

    /// <summary>The server, by a database that is always there.</summary>
    private Task<NpgsqlConnection> OpenServerAsync(CancellationToken ct) =>
        DatabaseOption.OpenAsync(new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = "postgres" }, ct);

    // PostgreSQL cuts names off at 63 bytes, and two databases would have the same.
    private static string Shorten(string database) => database.Length <= 36 ? database : database[..36];

    private static string Quoted(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
