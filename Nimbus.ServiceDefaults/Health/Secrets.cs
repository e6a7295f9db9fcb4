using System.Data.Common;
using Microsoft.Extensions.Configuration;
using StackExchange.Redis;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Takes configured secrets out of text that others wrote: the message of a failed connection may repeat what it was given.
/// </summary>
internal sealed class Secrets(IConfiguration configuration)
{
    // A shorter one would blank out ordinary words, and guards nothing anyway.
    private const int MinLength = 4;

    private readonly Lazy<string[]> known = new(() =>
    [
        .. configuration.GetSection("ConnectionStrings").GetChildren().SelectMany(child => Parts(child.Value)).OfType<string?>()
            .Append(configuration["Nimbus:Jwt:Secret"])
            .Append(configuration["Nimbus:MasterKey"])
            .OfType<string>()
            .Where(secret => secret.Length >= MinLength)
            .OrderByDescending(secret => secret.Length),
    ]);

    public string? Hide(string? text)
    {
        if (text is null)
            return null;
        foreach (var secret in known.Value)
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        return text;
    }

    /// <summary>A connection string as a whole, and its password; nothing where there is none: addresses are no secrets.</summary>
    private static IEnumerable<string> Parts(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            return [];
        return DatabasePassword(connectionString) is { Length: > 0 } database ? [connectionString, database]
            : RedisPassword(connectionString) is { Length: > 0 } redis ? [connectionString, redis]
            : [];
    }

    private static string? DatabasePassword(string text)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = text };
            return parts.TryGetValue("Password", out var password) || parts.TryGetValue("Pwd", out password)
                ? password as string
                : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? RedisPassword(string text)
    {
        try
        {
            return ConfigurationOptions.Parse(text).Password;
        }
        catch (Exception broken) when (broken is ArgumentException or FormatException)
        {
            return null;
        }
    }
}
