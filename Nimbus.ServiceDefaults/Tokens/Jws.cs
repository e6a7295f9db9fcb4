using System.Text;
using System.Text.Json;

namespace Nimbus.ServiceDefaults;

/// <summary>A signed token (RFC 7515, compact form) taken apart. Nothing in it is trusted before its signature is verified.</summary>
/// <param name="Algorithm">What the token claims to be signed with; compared with the key's own, never followed.</param>
/// <param name="KeyId">Chooses among keys that are known already, if given.</param>
/// <param name="Payload">The claims.</param>
/// <param name="SigningInput">The bytes that the signature covers.</param>
internal sealed record Jws(string Algorithm, string? KeyId, JsonElement Payload, byte[] SigningInput, byte[] Signature)
{
    /// <summary>Longest token that is looked at, in characters.</summary>
    public const int MaxLength = 8 * 1024;

    /// <summary>The parts, or null when the text is no such token, or asks for something that is not done here.</summary>
    public static Jws? TryParse(string token)
    {
        if (token.Length > MaxLength || token.Split('.') is not [var head, var body, var seal])
            return null;
        if (StrictBase64Url.TryDecode(head) is not { Length: > 0 } headBytes
            || StrictBase64Url.TryDecode(body) is not { Length: > 0 } bodyBytes
            || StrictBase64Url.TryDecode(seal) is not { Length: > 0 } signature)
            return null;
        if (StrictJson.TryParseObject(headBytes) is not { } header || !IsPlain(header)
            || StrictJson.TryParseObject(bodyBytes) is not { } payload)
            return null;

        return header.Text("alg") is { } algorithm
            ? new Jws(algorithm, header.Text("kid"), payload, Encoding.ASCII.GetBytes(token, 0, head.Length + 1 + body.Length), signature)
            : null;
    }

    /// <summary>
    /// Extensions that must be understood (crit, and b64 with it), nested tokens and compression are refused. Keys in the
    /// header or addresses of them (jwk, jku, x5c, x5u) are not even looked at: the keys are ours or the issuer's.
    /// </summary>
    private static bool IsPlain(JsonElement header) =>
        !header.TryGetProperty("crit", out _)
        && !header.TryGetProperty("b64", out _)
        && !header.TryGetProperty("cty", out _)
        && !header.TryGetProperty("zip", out _)
        && !header.TryGetProperty("enc", out _)
        && (!header.TryGetProperty("typ", out _) || IsTokenType(header.Text("typ")))
        && (!header.TryGetProperty("kid", out var kid) || kid.ValueKind == JsonValueKind.String);

    private static bool IsTokenType(string? type) =>
        string.Equals(type, "JWT", StringComparison.OrdinalIgnoreCase)
        || string.Equals(type, "at+jwt", StringComparison.OrdinalIgnoreCase);
}
