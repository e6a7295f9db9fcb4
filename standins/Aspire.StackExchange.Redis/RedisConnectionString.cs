using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Reads <c>host:port,password=…,ssl=…</c>.</summary>
internal static class RedisConnectionString
{
    private const int StalledAfterMilliseconds = 2000;

    /// <exception cref="InvalidOperationException">The setting is missing, or no connection string of Redis.</exception>
    public static ConfigurationOptions Parse(string? connectionString, string connectionName)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            throw new InvalidOperationException(
                $"ConnectionString is missing. Set 'ConnectionStrings:{connectionName}' "
                + "(as environment variable ConnectionStrings__" + connectionName + ").");

        var options = ParseOptions(connectionString, connectionName);
        if (options.EndPoints.Count == 0)
            throw new InvalidOperationException(
                $"No endpoints specified. 'ConnectionStrings:{connectionName}' must begin with host:port.");

        // Retry rather than fail: a server that restarts, or starts after us, is no reason to end.
        if (!connectionString.Contains("abortConnect", StringComparison.OrdinalIgnoreCase))
            options.AbortOnConnectFail = false;
        // Now and then this version misses that a connection was made or refused; by default it waits five seconds for it.
        options.ReconnectRetryPolicy = new LinearRetry(StalledAfterMilliseconds);
        return options;
    }

    private static ConfigurationOptions ParseOptions(string connectionString, string connectionName)
    {
        try
        {
            return ConfigurationOptions.Parse(connectionString);
        }
        catch (ArgumentException broken)
        {
            // Not broken.Message: it may repeat the text, and the password is part of that.
            throw new InvalidOperationException(
                $"'ConnectionStrings:{connectionName}' is not a Redis connection string: write host:port,password=…",
                broken);
        }
    }
}
