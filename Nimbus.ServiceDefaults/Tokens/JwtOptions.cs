using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Nimbus.ServiceDefaults;

/// <summary>Settings of the access tokens of this installation: section <c>Nimbus:Jwt</c>, the same in every service.</summary>
public sealed record JwtOptions
{
    /// <summary>Shortest secret that is taken, in bytes of UTF-8: the size of HMAC-SHA256's output (RFC 7518, 3.2).</summary>
    public const int MinSecretBytes = 32;

    /// <summary>The key that access tokens are signed with, the same in every service; <c>openssl rand -base64 48</c> makes one.</summary>
    [Required, AtLeastBytes(MinSecretBytes)]
    public string Secret { get; init; } = "";

    /// <summary>What is wrong with the settings, or null.</summary>
    internal static string? Check(IConfiguration configuration)
    {
        var bytes = Encoding.UTF8.GetByteCount(configuration["Nimbus:Jwt:Secret"] ?? "");
        if (bytes >= MinSecretBytes)
            return null;
        var finding = bytes == 0 ? "is missing" : $"is too short ({bytes} bytes)";
        return $"Nimbus:Jwt:Secret {finding}: set Nimbus__Jwt__Secret to at least {MinSecretBytes} random bytes, "
            + "the same in every service (openssl rand -base64 48 makes one).";
    }
}
