using System.Security.Cryptography;
using System.Text.Json;

namespace Nimbus.ServiceDefaults;

/// <summary>The keys of a JWKS document (RFC 7517) that tokens may be signed with: RSA for RS256, P-256 for ES256.</summary>
internal static class JsonWebKeys
{
    // An issuer has a handful; each may cost a verification.
    private const int MaxKeys = 50;

    /// <summary>Keys of other kinds, for other uses or out of bounds are passed over: issuers add kinds of keys at will.</summary>
    public static List<JwtKey> Read(JsonElement document) =>
        document.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
            ? [.. keys.EnumerateArray().Take(MaxKeys).Select(TryRead).OfType<JwtKey>()]
            : [];

    private static JwtKey? TryRead(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || key.Text("use") is not (null or "sig"))
            return null;
        try
        {
            return (key.Text("kty"), key.Text("alg")) switch
            {
                ("RSA", null or "RS256") => new RsaKey(
                    new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") }, key.Text("kid")),
                ("EC", null or "ES256") when key.Text("crv") == "P-256" => new EllipticKey(
                    new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") }, key.Text("kid")),
                _ => null,
            };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static byte[]? Bytes(JsonElement key, string name) => key.Text(name) is { } text ? StrictBase64Url.TryDecode(text) : null;
}
