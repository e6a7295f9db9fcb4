using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Nimbus.IdentityService.Tokens;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>How keys look: a prefix that says what it is, then base62.</summary>
public static class KeyFormat
{
    public const string IdPrefix = "nbk_";
    public const string SecretPrefix = "nbs_";
    public const string WriteKeyPrefix = "nbw_";

    private const int IdCharacters = 24;
    private const int WriteKeyCharacters = 32;

    private static readonly SearchValues<char> LowerHexDigits = SearchValues.Create("0123456789abcdef");

    public static string NewId() => IdPrefix + RandomText.Base62(IdCharacters);

    /// <summary>A secret of 256 random bits. The HMAC key is its UTF-8, prefix included, as shown to the user.</summary>
    public static string NewSecret() => SecretPrefix + RandomText.Base62(RandomText.CharactersFor256Bits);

    public static string NewWriteKey() => WriteKeyPrefix + RandomText.Base62(WriteKeyCharacters);

    public static bool IsId(string? text) => Is(text, IdPrefix, IdCharacters);

    public static bool IsWriteKey(string? text) => Is(text, WriteKeyPrefix, WriteKeyCharacters);

    /// <summary>SHA-256 of the secret's UTF-8; a plain hash is enough for a secret that cannot be guessed.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The bytes of a hash written as 64 lower-case hexadecimal digits; null for anything else.</summary>
    public static byte[]? ParseHash(string? text)
    {
        return text is { Length: 2 * SHA256.HashSizeInBytes } && !text.AsSpan().ContainsAnyExcept(LowerHexDigits)
            ? Convert.FromHexString(text)
            : null;
    }

    private static bool Is(string? text, string prefix, int characters) =>
        text is not null
        && text.Length == prefix.Length + characters
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && RandomText.IsBase62(text.AsSpan(prefix.Length));
}
