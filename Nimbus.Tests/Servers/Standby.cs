using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Servers;
using Npgsql;

namespace Nimbus.Tests.Servers;

/// <summary>A streaming replica of a running PostgreSQL, which answers read-only queries.</summary>
internal sealed class Standby : IAsyncDisposable
{
    private readonly ScratchFolder _scratch;
    private readonly RunningServer _server;

    private Standby(ScratchFolder scratch, RunningServer server, string connectionString) =>
        (_scratch, _server, ConnectionString) = (scratch, server, connectionString);

    /// <summary>Of the database that was named.</summary>
    public string ConnectionString { get; }

    /// <param name="primary">Connection string of a database on the primary, as its superuser.</param>
    /// <param name="port">On 127.0.0.1.</param>
    public static async Task<Standby> StartAsync(string primary, int port)
    {
        var from = new NpgsqlConnectionStringBuilder(primary);
        var account = await PostgresAccount.ChooseAsync(Machine.Current, default);
        Skip.If(account.UserName is not null, $"PostgreSQL runs as user {account.UserName} here, who does not own a copy of its data that this test makes");
        var installation = await PostgresFinder.FindAsync(Machine.Current, Machine.Current.CacheFolder, null, default);
        var copy = Path.Combine(installation?.BinFolder ?? "", "pg_basebackup");
        Skip.IfNot(File.Exists(copy), "pg_basebackup is not on this machine");

        var scratch = new ScratchFolder();
        try
        {
            await CopyAsync(copy, from, scratch["data"]);
            var server = await PostgresServer.PrepareAsync(account, scratch["data"], port, from.Username!, from.Password!, _ => { }, default);
            from.Port = port;
            return new(scratch, await RunningServer.StartAsync(server, ct => PostgresServer.CheckAsync(from.ConnectionString, ct)), from.ConnectionString);
        }
        catch
        {
            scratch.Dispose();
            throw;
        }
    }

    /// <summary>What it gets from the primary it holds back, until it is told to go on.</summary>
    public Task HoldBackAsync() => RunAsync("SELECT pg_wal_replay_pause()");

    public Task GoOnAsync() => RunAsync("SELECT pg_wal_replay_resume()");

    public Task KillAsync() => _server.KillAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _scratch.Dispose();
    }

    private async Task RunAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task CopyAsync(string program, NpgsqlConnectionStringBuilder from, string folder)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardError = true,
            ArgumentList =
            {
                $"--host={from.Host}", $"--port={from.Port.ToString(CultureInfo.InvariantCulture)}", $"--username={from.Username}",
                $"--pgdata={folder}", "--checkpoint=fast", "--no-sync", "--write-recovery-conf",
            },
        };
        start.Environment["PGPASSWORD"] = from.Password;
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, errors);
    }
}
