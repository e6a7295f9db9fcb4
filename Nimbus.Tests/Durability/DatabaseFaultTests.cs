using System.Diagnostics;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Durability;

/// <summary>A database that is full, read-only, held up by a stranger, or of yesterday.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class DatabaseFaultTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task A_database_that_became_read_only_loses_nothing_and_makes_no_dead_letters()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var writer = pipeline.StartWriter();
        await pipeline.SendAsync(["before"]);
        await pipeline.HasStoredAsync(["before"]);

        await pipeline.ExecuteOutsideAsync("ALTER DATABASE {database} SET default_transaction_read_only = on");
        await pipeline.ExecuteOutsideAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        var ids = OwnPipeline.Ids("a", 100);
        await pipeline.SendAsync(ids);
        await writer.WaitUntilItSaysAsync("25006");
        Assert.Equal(1, await pipeline.WaitingAsync());
        await pipeline.ExecuteOutsideAsync("ALTER DATABASE {database} SET default_transaction_read_only = off");

        await pipeline.HasStoredAsync([.. ids, "before"]);
        Assert.Equal(0, await pipeline.AskAsync<long>("SELECT count(*) FROM dead_letters"));
    }

    [SkippableFact]
    public async Task A_full_disk_of_the_database_loses_nothing_and_makes_no_dead_letters()
    {
        await using var disk = await SmallDisk.MountAsync(32);
        await using var pipeline = await CreateOnAsync(disk);
        var writer = pipeline.StartWriter();
        await pipeline.SendAsync(["before"]);
        await pipeline.HasStoredAsync(["before"]);

        disk.Fill();
        var ids = OwnPipeline.Ids("a", 20_000);
        foreach (var batch in ids.Chunk(1000))
            await pipeline.SendAsync(batch, keyed: true);
        await writer.WaitUntilItSaysAsync("53100");
        disk.Free();

        await pipeline.HasStoredAsync([.. ids, "before"]);
        Assert.Equal(0, await pipeline.AskAsync<long>("SELECT count(*) FROM dead_letters"));
    }

    [Fact]
    public async Task A_transaction_left_open_in_identitydb_holds_up_neither_storing_nor_seeing()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using var identity = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("identitydb"));
        await using var connection = await identity.OpenConnectionAsync();
        await using var open = await connection.BeginTransactionAsync();
        // It has written, so it has a number below which no snapshot of the server is over.
        await using (var write = new NpgsqlCommand("CREATE TABLE left_open (n int); INSERT INTO left_open VALUES (1)", connection, open))
            await write.ExecuteNonQueryAsync();

        for (var batch = 1; batch <= 3; batch++)
        {
            await project.SendAsync([.. Enumerable.Range(0, 20).Select(i => new NimbusEvent("seen") { UserId = $"user-{i}" })]);
            await project.WaitForCountAsync(20 * batch, TimeSpan.FromSeconds(10));
        }
        Assert.Equal(60, (await project.AllEventsAsync()).Count);
    }

    [SkippableFact]
    public async Task After_a_backup_is_restored_what_is_sent_again_is_stored_by_the_keys_it_holds_and_ingestion_goes_on()
    {
        var programs = PostgresPrograms();
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        using var folder = new TemporaryFolder();
        var dump = Path.Combine(folder.Path, "eventsdb.dump");
        pipeline.StartWriter();
        string[] before = OwnPipeline.Ids("before", 200), after = OwnPipeline.Ids("after", 200), late = OwnPipeline.Ids("late", 50);
        await pipeline.SendAsync(before, keyed: true);
        await pipeline.WaitForStoredAsync(before.Length);

        // Mid-run: one batch is on its way while the dump is made, and is in it or is not.
        await Task.WhenAll(RunAsync(Path.Combine(programs, "pg_dump"), pipeline, "--format=custom", $"--file={dump}"), pipeline.SendAsync(after, keyed: true));
        await pipeline.HasStoredAsync([.. before, .. after]);

        // The writer runs on meanwhile, and remembers names and ids of the history that is no more.
        await pipeline.ExecuteOutsideAsync("DROP DATABASE {database} WITH (FORCE)");
        await pipeline.SendAsync(late);
        await pipeline.ExecuteOutsideAsync("CREATE DATABASE {database}");
        await RunAsync(Path.Combine(programs, "pg_restore"), pipeline, "--exit-on-error", "--single-transaction", dump);
        await pipeline.ExecuteAsync("UPDATE stream_epoch SET epoch = gen_random_uuid(), since = now()");

        // Clients send again what they have: what the backup holds is known by its keys, the rest is stored.
        await pipeline.SendAsync(before, keyed: true);
        await pipeline.SendAsync(after, keyed: true);
        await pipeline.SendAsync(["new"]);
        await pipeline.HasStoredAsync([.. before, .. after, .. late, "new"]);
        Assert.Equal(
            (0L, 0L),
            (await pipeline.AskAsync<long>("SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT FROM ids i WHERE i.project_id = e.project_id AND i.key = e.user_key)"),
                await pipeline.AskAsync<long>("SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT FROM event_names n WHERE n.project_id = e.project_id AND n.code = e.name_code)")));
    }

    private async Task<OwnPipeline> CreateOnAsync(SmallDisk disk)
    {
        const string Name = "small_disk";
        try
        {
            await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
            await using var create = database.CreateCommand($"CREATE TABLESPACE {Name} LOCATION '{disk.Folder}'");
            await create.ExecuteNonQueryAsync();
        }
        catch (PostgresException refused)
        {
            Skip.If(true, $"PostgreSQL does not take a folder of the test: {refused.MessageText}");
        }
        var pipeline = await OwnPipeline.CreateAsync(nimbus, tablespace: Name);
        disk.BeforeUnmounting = async () =>
        {
            await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
            await using var drop = database.CreateCommand($"DROP TABLESPACE {Name}");
            await drop.ExecuteNonQueryAsync();
        };
        return pipeline;
    }

    private static string PostgresPrograms()
    {
        var folder = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin")) : [])
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "pg_dump")));
        Skip.If(folder is null, "pg_dump and pg_restore are not on this machine");
        return folder!;
    }

    private static async Task RunAsync(string program, OwnPipeline pipeline, params string[] arguments)
    {
        var server = new NpgsqlConnectionStringBuilder(pipeline.EventsConnection);
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardError = true,
            ArgumentList = { $"--host={server.Host}", $"--port={server.Port}", $"--username={server.Username}", $"--dbname={server.Database}" },
        };
        start.Environment["PGPASSWORD"] = server.Password;
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, errors);
    }
}
