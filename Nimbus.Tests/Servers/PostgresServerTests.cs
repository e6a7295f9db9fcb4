using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.Servers;
using Npgsql;

namespace Nimbus.Tests.Servers;

public sealed class PostgresServerTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    [Fact]
    public async Task It_takes_the_password_it_was_made_with_and_no_other()
    {
        await using var server = await cluster.StartAsync();

        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => PostgresServer.CheckAsync(cluster.ConnectionStringWith("another"), CancellationToken.None));

        Assert.Contains("Parameters:postgres-password", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal("UTF8", await cluster.AskAsync("SHOW server_encoding"));
        Assert.Equal("on", await cluster.AskAsync("SHOW fsync"));
        Assert.Equal("é", await cluster.AskAsync("SELECT lower('É')"));
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task It_listens_on_the_one_loopback_address_and_leaves_no_secret_behind()
    {
        await using var server = await cluster.StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);

        await Assert.ThrowsAsync<SocketException>(
            async () => await socket.ConnectAsync(IPAddress.Parse("127.0.0.2"), cluster.Port));

        Assert.Equal("", await cluster.AskAsync("SHOW unix_socket_directories"));
        Assert.Equal([cluster.Folder], Directory.GetFileSystemEntries(Path.GetDirectoryName(cluster.Folder)!));
    }

    [Fact]
    public async Task What_was_committed_survives_kill_9_of_the_whole_tree()
    {
        await using (var first = await cluster.StartAsync())
        {
            await cluster.AskAsync("CREATE TABLE kept (n int)");
            await cluster.AskAsync("INSERT INTO kept SELECT generate_series(1, 1000)");
            await first.KillAsync();
        }
        Assert.True(File.Exists(Path.Combine(cluster.Folder, "postmaster.pid")));

        await using var second = await cluster.StartAsync();

        Assert.Equal(1000L, await cluster.AskAsync("SELECT count(*) FROM kept"));
        Assert.Contains(cluster.Log, line => line.Contains("recovers", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_backend_that_outlives_its_killed_postmaster_does_not_stop_the_next_start()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "processes are found by /proc");
        await using (var first = await cluster.StartAsync())
        {
            // Deep in a computation it does not look whether its postmaster is there.
            var busy = cluster.AskAsync("SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b");
            await BackendIsBusyAsync();
            await first.KillAloneAsync();

            await using var second = await cluster.StartAsync();

            await Assert.ThrowsAnyAsync<NpgsqlException>(() => busy);
            Assert.Equal(1, await cluster.AskAsync("SELECT 1"));
        }
        Assert.Contains(cluster.Log, line => line.StartsWith("Ending process", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_pid_file_whose_number_is_another_process_by_now_does_not_stop_the_start()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "processes are found by /proc");
        await using (var first = await cluster.StartAsync())
            await first.KillAsync();
        var pidFile = Path.Combine(cluster.Folder, "postmaster.pid");
        var lines = File.ReadAllLines(pidFile);
        lines[0] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        File.WriteAllLines(pidFile, lines);

        await using var second = await cluster.StartAsync();

        Assert.Equal(1, await cluster.AskAsync("SELECT 1"));
    }

    [SkippableFact]
    public async Task A_folder_in_use_is_left_alone()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "processes are found by /proc");
        await using var server = await cluster.StartAsync();

        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => FolderUsers.WaitUntilGoneAsync(cluster.Folder, TimeSpan.Zero, cluster.Log.Add, CancellationToken.None));

        Assert.Contains($"kill {server.ProcessId}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await cluster.AskAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_database_is_made_once_whatever_its_name()
    {
        await using var server = await cluster.StartAsync();
        const string Name = "events\"; DROP DATABASE postgres; --";

        await PostgresServer.CreateDatabaseAsync(cluster.ConnectionString, Name, CancellationToken.None);
        await PostgresServer.CreateDatabaseAsync(cluster.ConnectionString, Name, CancellationToken.None);

        var there = new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = Name };
        await PostgresServer.CheckAsync(there.ConnectionString, CancellationToken.None);
        Assert.Equal(1L, await cluster.AskAsync("SELECT count(*) FROM pg_database WHERE datname LIKE 'events%'"));
    }

    [SkippableFact]
    public async Task Where_user_namespaces_are_refused_it_runs_as_another_user()
    {
        Skip.IfNot(Machine.Current.IsRoot, "only root changes users");
        var account = await PostgresAccount.AsOtherUserAsync(Machine.Current, CancellationToken.None);
        // Not a scratch folder: those are closed to others.
        var open = Directory.CreateDirectory(Path.Combine("/tmp", $"nimbus-servers-{Guid.NewGuid():N}"));
        try
        {
            var prepared = await PostgresServer.PrepareAsync(
                account,
                Path.Combine(open.FullName, "data"),
                cluster.Port,
                "postgres",
                PostgresCluster.Password,
                _ => { },
                CancellationToken.None);
            await using var server = await RunningServer.StartAsync(
                prepared, ct => PostgresServer.CheckAsync(cluster.ConnectionString, ct));

            Assert.Equal(account.UserName, await OwnerAsync(prepared.WorkingDirectory));
            Assert.Equal(0, await server.StopAsync());
        }
        finally
        {
            open.Delete(recursive: true);
        }
    }

    private async Task BackendIsBusyAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        const string Active = """
            SELECT count(*) FROM pg_stat_activity
            WHERE query LIKE '%generate_series(1, 100000) b' AND state = 'active'
            """;
        while (await cluster.AskAsync(Active) is not 1L)
            limit.Token.ThrowIfCancellationRequested();
    }

    private static async Task<string> OwnerAsync(string folder)
    {
        var question = new ProcessStartInfo("stat", ["-c", "%U", folder]) { RedirectStandardOutput = true };
        using var stat = Process.Start(question)!;
        return (await stat.StandardOutput.ReadToEndAsync()).Trim();
    }
}
