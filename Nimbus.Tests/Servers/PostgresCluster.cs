using Aspire.Hosting.Servers;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Servers;

/// <summary>One PostgreSQL data folder that the tests of a class start, kill and start again.</summary>
public sealed class PostgresCluster : IAsyncLifetime, IDisposable
{
    internal const string Password = "it's a \"pass\\word\"";

    private readonly ScratchFolder scratch = new();

    internal string Folder => scratch["data"];

    internal List<string> Log { get; } = [];

    internal int Port { get; } = Ports.Free();

    internal string ConnectionString => ConnectionStringWith(Password);

    internal string ConnectionStringWith(string password) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Username = "postgres",
            Password = password,
            Pooling = false,
        }.ConnectionString;

    internal Task<ServerProcess> PrepareAsync() =>
        PostgresServer.PrepareAsync(Folder, Port, "postgres", Password, Log.Add, CancellationToken.None);

    internal async Task<RunningServer> StartAsync() =>
        await RunningServer.StartAsync(await PrepareAsync(), ct => PostgresServer.CheckAsync(ConnectionString, ct));

    internal async Task<object?> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public Task InitializeAsync() => PrepareAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => scratch.Dispose();
}
