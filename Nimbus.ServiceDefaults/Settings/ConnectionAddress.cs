using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Npgsql;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Databases as addresses, the way most hosts of them give one (<c>postgresql://user:password@host/db</c>, <c>redis://host:6379/0</c>),
/// become the connection strings that the clients understand. What cannot be said in one stays an address, which the start refuses.
/// </summary>
internal static class ConnectionAddress
{
    private static readonly string[] Files = ["sslrootcert", "sslcert", "sslkey"];

    /// <summary>Overrides every connection string that is an address.</summary>
    public static void Add(IConfigurationManager configuration)
    {
        var translated = configuration.GetSection("ConnectionStrings").GetChildren()
            .Select(child => (child.Path, Text: Translate(child.Value)))
            .Where(child => child.Text is not null)
            .ToDictionary(child => child.Path, child => child.Text);
        configuration.Sources.Add(new MemoryConfigurationSource { InitialData = translated });
    }

    /// <summary>The connection string of an address, or null where it is none or cannot be said in one.</summary>
    public static string? Translate(string? text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Host.Length == 0)
            return null;
        // The part after + is the driver of another language.
        return address.Scheme.Split('+')[0] switch
        {
            "postgresql" or "postgres" => PostgreSql(address),
            "redis" => Redis(address, tls: false),
            "rediss" => Redis(address, tls: true),
            _ => null,
        };
    }

    private static string? PostgreSql(Uri address)
    {
        var (user, password) = Credentials(address);
        var parts = new NpgsqlConnectionStringBuilder { Host = address.Host.Trim('[', ']') };
        if (address.Port > 0)
            parts.Port = address.Port;
        if (user.Length > 0)
            parts.Username = user;
        if (password.Length > 0)
            parts.Password = password;
        if (Uri.UnescapeDataString(address.AbsolutePath.TrimStart('/')) is { Length: > 0 } database)
            parts.Database = database;
        foreach (var (name, value) in Query(address))
        {
            switch (name)
            {
                // libpq's name and asyncpg's.
                case "sslmode" or "ssl":
                    if (Tls(value) is not { } mode)
                        return null;
                    parts.SslMode = mode;
                    break;
                case "application_name":
                    parts.ApplicationName = value;
                    break;
                // What a certificate is checked against is never left out in silence.
                case var file when Files.Contains(file):
                    if (file == "sslrootcert") parts.RootCertificate = value;
                    else if (file == "sslcert") parts.SslCertificate = value;
                    else parts.SslKey = value;
                    break;
                default:
                    break;
            }
        }
        return parts.ConnectionString;
    }

    private static SslMode? Tls(string value) => value switch
    {
        "disable" or "false" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" or "true" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => null,
    };

    private static string? Redis(Uri address, bool tls)
    {
        var (user, password) = Credentials(address);
        // Its parts stand between commas and cannot be quoted.
        if (user.Contains(',', StringComparison.Ordinal) || password.Contains(',', StringComparison.Ordinal))
            return null;
        var parts = new List<string> { $"{address.Host}:{(address.Port > 0 ? address.Port : 6379)}" };
        if (user.Length > 0 && user != "default")
            parts.Add($"user={user}");
        if (password.Length > 0)
            parts.Add($"password={password}");
        if (tls)
            parts.Add("ssl=true");
        if (address.AbsolutePath.Trim('/') is { Length: > 0 } database && database != "0")
            parts.Add($"defaultDatabase={database}");
        return string.Join(',', parts);
    }

    private static (string User, string Password) Credentials(Uri address)
    {
        var parts = address.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    private static IEnumerable<(string Name, string Value)> Query(Uri address) =>
        address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2))
            .Select(part => (Uri.UnescapeDataString(part[0]), part.Length > 1 ? Uri.UnescapeDataString(part[1]) : ""));
}
