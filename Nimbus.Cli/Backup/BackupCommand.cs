using System.CommandLine;
using System.Data;
using System.Globalization;
using Npgsql;

namespace Nimbus.Cli.Backup;

/// <summary><c>nimbus backup</c>: both databases as they were at one moment, while everything runs on.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "Where to write the backup; made, and not there yet." };
        var events = DatabaseOption.Create(DatabaseOption.Events);
        var identity = DatabaseOption.Create(DatabaseOption.Identity);
        var programs = ProgramsOption();
        var compress = new Option<string?>("--compress")
        {
            Description = "As pg_dump takes it: 0 to 9; from PostgreSQL 16 on also lz4 or zstd:3.",
            HelpName = "method",
        };
        var command = new Command("backup", "Write both databases and a manifest with counts and checksums into a folder.")
        {
            folder, events, identity, programs, compress,
        };
        command.SetAction((parsed, ct) => RunAsync(
            parsed.GetRequiredValue(folder),
            DatabaseOption.Require(parsed.GetValue(events), DatabaseOption.Events),
            DatabaseOption.Require(parsed.GetValue(identity), DatabaseOption.Identity),
            parsed.GetValue(programs), parsed.GetValue(compress), parsed.InvocationConfiguration.Output, ct));
        return command;
    }

    public static Option<string?> ProgramsOption() => new("--pg-bin")
    {
        Description = "Folder of pg_dump and pg_restore, where they are not found by themselves.",
        HelpName = "folder",
    };

    private static async Task<int> RunAsync(
        string folder, NpgsqlConnectionStringBuilder events, NpgsqlConnectionStringBuilder identity, string? programs, string? compress,
        TextWriter output, CancellationToken ct)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(folder))
            throw new CliException($"{folder} is there already; a backup is written into a folder of its own.");
        // Under another name until it is whole, so that a folder of the name asked for is never half a backup.
        var unfinished = $"{folder}.part";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        PrivateFile.CreateFolder(unfinished);
        try
        {
            // That of eventsdb first: so every project that has events in the one dump is in the other.
            await using var eventsMoment = await Moment.TakeAsync(DatabaseOption.Events, events, ct);
            await using var identityMoment = await Moment.TakeAsync(DatabaseOption.Identity, identity, ct);
            var masterKeys = new SortedSet<string>(StringComparer.Ordinal);
            masterKeys.UnionWith(await eventsMoment.TextsAsync("erased_ids", "SELECT DISTINCT master_key FROM erased_ids", ct));
            masterKeys.UnionWith(await identityMoment.TextsAsync("api_keys", "SELECT DISTINCT master_key_id FROM api_keys WHERE master_key_id IS NOT NULL", ct));

            var dumps = await Task.WhenAll(
                eventsMoment.DumpAsync(unfinished, programs, compress, ct), identityMoment.DumpAsync(unfinished, programs, compress, ct));
            var manifest = new Manifest(
                Manifest.CurrentFormat, NimbusVersion.Short, eventsMoment.At, [.. masterKeys],
                new SortedDictionary<string, DumpedDatabase> { [DatabaseOption.Events] = dumps[0], [DatabaseOption.Identity] = dumps[1] });
            await manifest.WriteAsync(unfinished, ct);
            Directory.Move(unfinished, folder);
            await ReportAsync(folder, manifest, output);
            return ExitCode.Done;
        }
        catch
        {
            Directory.Delete(unfinished, recursive: true);
            throw;
        }
    }

    private static async Task ReportAsync(string folder, Manifest manifest, TextWriter output)
    {
        foreach (var (name, dump) in manifest.Databases)
        {
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {dump.Rows.Values.Sum():N0} rows{(dump.Rows.TryGetValue("events", out var events) ? $", {events:N0} of them events" : "")}, {dump.Bytes:N0} bytes"));
        }
        await output.WriteLineAsync($"{folder} has all as it was at {manifest.MadeAt:u}.");
        if (manifest.MasterKeys.Count > 0)
            await output.WriteLineAsync($"The master key is not in it, and without it the secrets in it cannot be opened. Keep {string.Join(", ", manifest.MasterKeys)} elsewhere.");
    }

    /// <summary>A moment of a database that others may look at too: a transaction that lends its snapshot to pg_dump.</summary>
    private sealed class Moment(string name, NpgsqlConnectionStringBuilder server, NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        private string _snapshot = "";

        public DateTimeOffset At { get; private set; }

        public static async Task<Moment> TakeAsync(string name, NpgsqlConnectionStringBuilder server, CancellationToken ct)
        {
            var connection = await DatabaseOption.OpenAsync(server, ct);
            var moment = new Moment(name, server, connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct));
            moment._snapshot = (string)(await DatabaseContents.AskAsync(connection, "SELECT pg_export_snapshot()", ct))!;
            moment.At = new DateTimeOffset((DateTime)(await DatabaseContents.AskAsync(connection, "SELECT now()", ct))!);
            return moment;
        }

        public async Task<DumpedDatabase> DumpAsync(string folder, string? programs, string? compress, CancellationToken ct)
        {
            var program = await PostgresProgram.FindAsync("pg_dump", connection.PostgreSqlVersion.Major, programs, ct);
            var file = $"{name}.dump";
            var path = Path.Combine(folder, file);
            // Made first, so that it is ours alone from its first byte on.
            await PrivateFile.Create(path).DisposeAsync();
            var counted = CountAsync(ct);
            string[] arguments =
            [
                "--format=custom", "--no-owner", "--no-privileges", $"--snapshot={_snapshot}", $"--file={path}",
                .. compress is null ? [] : new[] { $"--compress={compress}" },
            ];
            await Task.WhenAll(counted, program.RunAsync(server, arguments, ct));
            var (rows, version) = await counted;
            return new DumpedDatabase(
                file, new FileInfo(path).Length, await PrivateFile.Sha256Async(path, ct), connection.PostgreSqlVersion.ToString(), program.Major, version, rows);
        }

        /// <summary>The rows of a question, or none where the table is not there: a backup of an older schema is one too.</summary>
        public async Task<List<string>> TextsAsync(string table, string sql, CancellationToken ct)
        {
            var texts = new List<string>();
            if (await DatabaseContents.AskAsync(connection, $"SELECT to_regclass('{table}') IS NOT NULL", ct) is not true)
                return texts;
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                texts.Add(reader.GetString(0));
            return texts;
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }

        private async Task<(SortedDictionary<string, long> Rows, int Version)> CountAsync(CancellationToken ct)
        {
            var version = await DatabaseContents.SchemaVersionAsync(connection, name, ct);
            if (version == 0)
                throw new CliException($"{server.Database} has no schema of Nimbus: is it the right database?");
            return (await DatabaseContents.RowsAsync(connection, ct), version);
        }
    }
}
