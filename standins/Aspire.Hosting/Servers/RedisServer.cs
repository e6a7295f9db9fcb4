namespace Aspire.Hosting.Servers;

/// <summary>The real Redis (or Valkey), run as a local process.</summary>
internal static class RedisServer
{
    /// <summary>Finds or installs the server and says how to start it.</summary>
    /// <param name="dataFolder">Where it keeps its data; null for a throw-away folder.</param>
    /// <param name="extraArguments">Arguments of <c>redis-server</c>; they win over ours.</param>
    public static Task<ServerProcess> PrepareAsync(
        string? dataFolder,
        int port,
        string password,
        IReadOnlyList<string> extraArguments,
        Action<string> log,
        CancellationToken ct) =>
        throw new NotSupportedException($"Redis on {dataFolder}, {port}, {password.Length}, {extraArguments}, {log}, {ct}");

    /// <summary>Returns once the server answers a ping; throws when it does not.</summary>
    public static Task CheckAsync(string connectionString, CancellationToken ct) =>
        throw new NotSupportedException($"{connectionString.Length} {ct}");
}
