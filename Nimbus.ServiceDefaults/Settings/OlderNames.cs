using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace Nimbus.ServiceDefaults;

/// <summary>An environment variable of earlier installations.</summary>
/// <param name="Settings">What it gives, where that is not set under its own name; none: it is known and does nothing.</param>
/// <param name="Effect">For the operator: how its value is read, or why there is nothing to set any more.</param>
public sealed record OlderName(string Name, string[] Settings, string Effect)
{
    /// <summary>What the value is in today's words.</summary>
    public Func<string, string> Translate { get; init; } = static value => value;
}

/// <summary>The <c>NIMBUS_…</c> variables of earlier installations go on working. Whatever is set under its own name wins over them.</summary>
public static class OlderNames
{
    public static IReadOnlyList<OlderName> All { get; } =
    [
        new("NIMBUS_DATABASE_URL", ["ConnectionStrings:identitydb", "ConnectionStrings:eventsdb"],
            "One database for both: an empty one, since tables of an earlier system would be in the way. `postgresql+asyncpg://` and the like are understood."),
        new("NIMBUS_REDIS_URL", ["ConnectionStrings:redis"], "`redis://` or, over TLS, `rediss://`."),
        new("NIMBUS_JWT_SECRET", ["Nimbus:Jwt:Secret"], "As it is."),
        new("NIMBUS_ALLOWED_ORIGINS", ["Nimbus:Cors:AllowedOrigins"], "A JSON array, or a list with commas."),
        new("NIMBUS_CORS_ORIGINS", ["Nimbus:Cors:AllowedOrigins"], "The same."),
        new("NIMBUS_RATE_LIMIT_ENABLED", ["Nimbus:RateLimit:Enabled"], "`true`, `1`, `yes`, `on` or `t`, and their opposites.") { Translate = Switch },
        new("NIMBUS_RATE_LIMIT_PER_MINUTE", ["Nimbus:RateLimit:AnonymousPerMinute"], "As it is."),
        new("NIMBUS_LOG_LEVEL", ["Logging:LogLevel:Default"], "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.") { Translate = LogLevel },
        new("NIMBUS_ENVIRONMENT", [], "Set `ASPNETCORE_ENVIRONMENT`; unset, it is `Production`."),
        new("NIMBUS_APP_NAME", [], "The name is the product's."),
        new("NIMBUS_DB_POOL_SIZE", [], "Write `Maximum Pool Size` into the connection string."),
        new("NIMBUS_DB_MAX_OVERFLOW", [], "Write `Maximum Pool Size` into the connection string."),
        new("NIMBUS_USE_NULL_POOL", [], "Write `Pooling=false` into the connection string."),
        new("NIMBUS_REDIS_POOL_SIZE", [], "One connection carries all commands."),
        new("NIMBUS_JWT_ALGORITHM", [], "Our own tokens are HS256, those of an external issuer what its keys say."),
        new("NIMBUS_JWT_ACCESS_TTL_SECONDS", [], "An access token is good for an hour, and ends with its session."),
        new("NIMBUS_JWT_REFRESH_TTL_SECONDS", [], "A refresh token is good for seven days."),
        new("NIMBUS_INGEST_API_KEY_ID", [], "Keys belong to projects: make one there."),
        new("NIMBUS_INGEST_API_KEY_SECRET", [], "Keys belong to projects: make one there."),
    ];

    /// <summary>Adds what the older names give. Called before any default is added, so that those do not count as set.</summary>
    internal static void Add(IConfigurationManager configuration)
    {
        Dictionary<string, string?> given = [];
        foreach (var older in All)
            if (configuration[older.Name] is { Length: > 0 } value)
                foreach (var setting in older.Settings.Where(setting => !configuration.GetSection(setting).Exists()))
                    given.TryAdd(setting, older.Translate(value));
        configuration.Sources.Add(new MemoryConfigurationSource { InitialData = given });
    }

    private static string Switch(string value) => value.ToUpperInvariant() switch
    {
        "TRUE" or "1" or "YES" or "Y" or "ON" or "T" => "true",
        "FALSE" or "0" or "NO" or "N" or "OFF" or "F" => "false",
        _ => value,
    };

    private static string LogLevel(string value) => value.ToUpperInvariant() switch
    {
        "DEBUG" => "Debug",
        "INFO" => "Information",
        "WARN" or "WARNING" => "Warning",
        "ERROR" => "Error",
        "CRITICAL" or "FATAL" => "Critical",
        _ => value,
    };
}
