namespace Aspire.StackExchange.Redis;

/// <summary>How <c>AddRedisClient</c> connects and what it registers besides the multiplexer.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>The connection string; <c>ConnectionStrings:{name}</c> wins over what the settings section says.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>No health check "StackExchange.Redis".</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>No traces of commands.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Connect when the multiplexer is first asked for, not when the application starts.</summary>
    public bool DisableAutoActivation { get; set; }
}
