using System.Text.Json.Nodes;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Durability;

/// <summary>What an operator does on the worst day: <c>nimbus backup</c> and <c>nimbus restore</c>, on real servers that are in use.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class RestoreDrillTests(NimbusSystem nimbus)
{
    [SkippableFact]
    public async Task A_restore_under_running_services_loses_nothing_of_the_backup_and_stores_nothing_twice()
    {
        RequirePrograms();
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        using var folder = new TemporaryFolder();
        var backup = Path.Combine(folder.Path, "backup");
        pipeline.StartWriter();
        string[] before = OwnPipeline.Ids("before", 200), during = OwnPipeline.Ids("during", 200), after = OwnPipeline.Ids("after", 50);
        await pipeline.SendAsync(before, keyed: true);
        await pipeline.WaitForStoredAsync(before.Length);

        // One batch is on its way while the backup is made, and is in it or is not.
        var backedUp = await TogetherAsync(BackUpAsync(backup, pipeline), pipeline.SendAsync(during, keyed: true));
        Assert.Equal(0, backedUp.ExitCode);
        await pipeline.SendAsync(after, keyed: true);
        await pipeline.HasStoredAsync([.. before, .. during, .. after]);
        var epoch = await pipeline.AskAsync<Guid>("SELECT epoch FROM stream_epoch");
        var person = Guid.NewGuid();
        await pipeline.ExecuteAsync($"""
            INSERT INTO erasures (project_id, erasure_id, person_ids, requested_by, requested_at, keys, first_ts, last_n)
            VALUES ('{pipeline.Project.Id}', gen_random_uuid(), ARRAY['{person}'::uuid], gen_random_uuid(), now(), '{"{}"}', now(), 0)
            """);

        // Services run on meanwhile, and what is sent is taken.
        await using var identity = await ScratchDatabase.NameAsync(nimbus, "identitydb");
        var restored = await TogetherAsync(
            NimbusAsync("restore", backup, "--overwrite", "--eventsdb", pipeline.EventsConnection, "--identitydb", identity.Connection),
            pipeline.SendAsync(["while restoring"], keyed: true));
        Assert.True(restored.ExitCode == 0, restored.Said);
        Assert.Contains($"erased person {person} of project {pipeline.Project.Id}", restored.Said, StringComparison.Ordinal);
        Assert.NotEqual(epoch, await pipeline.AskAsync<Guid>("SELECT epoch FROM stream_epoch"));
        var kept = await pipeline.StoredAsync();
        Assert.Empty(before.Except(kept));

        // Clients send again what they have, and new events: what the backup holds is known by its keys.
        await pipeline.SendAsync(before, keyed: true);
        await pipeline.SendAsync([.. during, .. after, "while restoring"], keyed: true);
        await pipeline.SendAsync(["new"], keyed: true);
        await pipeline.HasStoredAsync([.. before, .. during, .. after, "while restoring", "new"]);
        await DropAsideAsync(restored.Said);
    }

    [SkippableFact]
    public async Task Accounts_and_keys_come_back_and_everybody_signs_in_again()
    {
        await using var drill = await BackedUpAsync();
        var (pipeline, identity) = (drill.Pipeline, drill.Identity);

        var restored = await NimbusAsync(drill.Restore);

        Assert.True(restored.ExitCode == 0, restored.Said);
        Assert.Equal(1L, await identity.AskAsync("SELECT count(*) FROM api_keys WHERE id = $1 AND sealed_secret IS NOT NULL", pipeline.Project.Project.ApiKeyId));
        Assert.Equal(1L, await identity.AskAsync("SELECT count(*) FROM users WHERE email = $1", pipeline.Project.Owner.Email));
        Assert.Equal(0L, await identity.AskAsync("SELECT count(*) FROM sessions WHERE revoked_at IS NULL"));
        Assert.Equal(pipeline.Project.Id, await identity.AskAsync("SELECT project_id FROM api_keys WHERE id = $1", pipeline.Project.Project.ApiKeyId));
        // Its secret is of no use without the key that is in no backup.
        Assert.Contains("master keys v1", restored.Said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_database_that_holds_something_is_not_restored_over_unless_told()
    {
        await using var drill = await BackedUpAsync();
        var (pipeline, identity) = (drill.Pipeline, drill.Identity);
        await pipeline.ExecuteAsync("CREATE TABLE made_since (n int)");

        var refused = await NimbusAsync("restore", drill.Backup, "--eventsdb", pipeline.EventsConnection, "--identitydb", identity.Connection);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--overwrite", refused.Said, StringComparison.Ordinal);
        Assert.Equal(0, await pipeline.AskAsync<long>("SELECT count(*) FROM made_since"));
        Assert.False(await identity.ExistsAsync());
    }

    [SkippableFact]
    public async Task A_backup_that_is_damaged_or_lacks_rows_changes_nothing()
    {
        await using var drill = await BackedUpAsync();
        var (restore, events, identity) = (drill.Restore, drill.Events, drill.Identity);

        var path = Path.Combine(drill.Backup, "manifest.json");
        var manifest = await File.ReadAllTextAsync(path);
        var lacking = JsonNode.Parse(manifest)!;
        lacking["databases"]!["identitydb"]!["rows"]!["users"] = 1_000_000;
        await File.WriteAllTextAsync(path, lacking.ToJsonString());
        var counted = await NimbusAsync(restore);
        Assert.Equal(1, counted.ExitCode);
        Assert.Contains("other rows than the backup in users", counted.Said, StringComparison.Ordinal);
        Assert.False(await events.ExistsAsync());
        Assert.False(await identity.ExistsAsync());
        Assert.Equal(0L, await identity.AskServerAsync("SELECT count(*) FROM pg_database WHERE datname LIKE '%_restoring_%'"));

        await File.WriteAllTextAsync(path, manifest);
        await using (var dump = new FileStream(Path.Combine(drill.Backup, "eventsdb.dump"), FileMode.Open))
        {
            dump.Seek(-1, SeekOrigin.End);
            var last = dump.ReadByte();
            dump.Seek(-1, SeekOrigin.End);
            dump.WriteByte((byte)(last ^ 1));
        }
        var damaged = await NimbusAsync([.. restore, "--verify"]);
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains("checksum differs", damaged.Said, StringComparison.Ordinal);

        File.Delete(path);
        Assert.Contains("is no backup", (await NimbusAsync(restore)).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_neither_overwrites_another_nor_takes_a_database_that_is_not_Nimbus()
    {
        using var folder = new TemporaryFolder();
        var events = await nimbus.ConnectionStringAsync("eventsdb");

        var taken = await NimbusAsync("backup", folder.Path, "--eventsdb", events, "--identitydb", events);
        Assert.Equal(1, taken.ExitCode);
        Assert.Contains("is there already", taken.Said, StringComparison.Ordinal);

        var target = Path.Combine(folder.Path, "backup");
        var strange = new NpgsqlConnectionStringBuilder(events) { Database = "postgres" }.ConnectionString;
        Assert.Equal(1, (await NimbusAsync("backup", target, "--eventsdb", strange, "--identitydb", strange)).ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    /// <summary>A pipeline that is backed up, and names of databases to restore into.</summary>
    private async Task<Drill> BackedUpAsync()
    {
        RequirePrograms();
        var drill = new Drill(
            await OwnPipeline.CreateAsync(nimbus), new TemporaryFolder(),
            await ScratchDatabase.NameAsync(nimbus, "eventsdb"), await ScratchDatabase.NameAsync(nimbus, "identitydb"));
        var run = await BackUpAsync(drill.Backup, drill.Pipeline);
        Assert.True(run.ExitCode == 0, run.Said);
        return drill;
    }

    private async Task<Run> BackUpAsync(string folder, OwnPipeline pipeline) => await NimbusAsync(
        "backup", folder, "--eventsdb", pipeline.EventsConnection, "--identitydb", await nimbus.ConnectionStringAsync("identitydb"));

    private static async Task<Run> TogetherAsync(Task<Run> run, Task other)
    {
        await Task.WhenAll(run, other);
        return await run;
    }

    private static async Task<Run> NimbusAsync(params string[] args)
    {
        using var said = new StringWriter();
        return new Run(await global::Nimbus.Cli.NimbusCommand.RunAsync(args, said, said), said.ToString());
    }

    private async Task DropAsideAsync(string said)
    {
        await using var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("eventsdb")) { Pooling = false }.ConnectionString);
        foreach (var line in said.Split('\n').Where(line => line.Contains("DROP DATABASE", StringComparison.Ordinal)))
        {
            await using var drop = server.CreateCommand(line[line.IndexOf("DROP DATABASE", StringComparison.Ordinal)..]);
            await drop.ExecuteNonQueryAsync();
        }
    }

    private static void RequirePrograms()
    {
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : []);
        Skip.IfNot(folders.Any(folder => File.Exists(Path.Combine(folder, "pg_dump"))), "pg_dump and pg_restore are not on this machine");
    }

    private sealed record Run(int ExitCode, string Said);

    private sealed record Drill(OwnPipeline Pipeline, TemporaryFolder Folder, ScratchDatabase Events, ScratchDatabase Identity) : IAsyncDisposable
    {
        public string Backup => Path.Combine(Folder.Path, "backup");

        public string[] Restore => ["restore", Backup, "--eventsdb", Events.Connection, "--identitydb", Identity.Connection];

        public async ValueTask DisposeAsync()
        {
            await Identity.DisposeAsync();
            await Events.DisposeAsync();
            Folder.Dispose();
            await Pipeline.DisposeAsync();
        }
    }

    /// <summary>The name of a database that is not there yet, and is dropped at the end if it is then.</summary>
    private sealed class ScratchDatabase(string server, string name) : IAsyncDisposable
    {
        public string Connection { get; } = new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ConnectionString;

        public static async Task<ScratchDatabase> NameAsync(NimbusSystem nimbus, string like) =>
            new(new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync(like)) { Pooling = false }.ConnectionString, $"restored_{like}_{Guid.CreateVersion7():N}");

        public async Task<bool> ExistsAsync() => await AskServerAsync("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name) is true;

        public Task<object?> AskAsync(string sql, params object[] parameters) => AskAsync(Connection, sql, parameters);

        public Task<object?> AskServerAsync(string sql, params object[] parameters) => AskAsync(server, sql, parameters);

        public async ValueTask DisposeAsync() => await AskAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)", []);

        private static async Task<object?> AskAsync(string connection, string sql, object[] parameters)
        {
            await using var source = NpgsqlDataSource.Create(connection);
            await using var command = source.CreateCommand(sql);
            foreach (var parameter in parameters)
                command.Parameters.AddWithValue(parameter);
            return await command.ExecuteScalarAsync();
        }
    }
}
