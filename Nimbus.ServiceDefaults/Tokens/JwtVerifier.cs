using System.Text.Json;

namespace Nimbus.ServiceDefaults;

/// <summary>Verifies tokens of a fixed list of issuers (RFC 7519, as RFC 8725 would have it done).</summary>
internal sealed class JwtVerifier(IReadOnlyList<TrustedIssuer> issuers, TimeProvider time)
{
    /// <summary>How far clocks may be apart.</summary>
    internal static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    public JwtResult Verify(string token)
    {
        if (Jws.TryParse(token) is not { } jws)
            return JwtResult.Refused(JwtRefusal.Malformed);
        if (FindIssuer(jws) is not { } issuer)
            return JwtResult.Refused(JwtRefusal.UnknownIssuer);
        if (!IsSigned(jws, issuer))
            return JwtResult.Refused(JwtRefusal.BadSignature);

        // Only from here on are the claims the issuer's.
        if (AudiencesOf(jws.Payload, issuer) is not { } audiences)
            return JwtResult.Refused(JwtRefusal.WrongAudience);
        return CheckTimes(jws.Payload) is { } refusal
            ? JwtResult.Refused(refusal)
            : new JwtResult(null, issuer.Name, audiences, jws.Payload);
    }

    private TrustedIssuer? FindIssuer(Jws jws)
    {
        var name = jws.Payload.Text("iss");
        foreach (var issuer in issuers)
            if (issuer.Name == name)
                return issuer;
        return null;
    }

    /// <summary>The algorithm is the key's; a key id can only narrow the choice among the issuer's own keys.</summary>
    internal static bool IsSigned(Jws jws, TrustedIssuer issuer)
    {
        foreach (var key in issuer.Keys)
            if (key.Algorithm == jws.Algorithm
                && (key.KeyId is null || jws.KeyId is null || key.KeyId == jws.KeyId)
                && key.Verify(jws.SigningInput, jws.Signature))
                return true;
        return false;
    }

    /// <summary>Those of the token's audiences that are wanted, or null when there is none.</summary>
    private static List<string>? AudiencesOf(JsonElement claims, TrustedIssuer issuer)
    {
        if (!claims.TryGetProperty("aud", out var named))
            return null;
        if (named.ValueKind == JsonValueKind.Array && named.EnumerateArray().Any(one => one.ValueKind != JsonValueKind.String))
            return null;
        var matching = issuer.Audiences.Where(wanted => named.ValueKind switch
        {
            JsonValueKind.String => named.ValueEquals(wanted),
            JsonValueKind.Array => named.EnumerateArray().Any(one => one.ValueEquals(wanted)),
            _ => false,
        }).ToList();
        return matching.Count > 0 ? matching : null;
    }

    private JwtRefusal? CheckTimes(JsonElement claims)
    {
        if (!TryReadTime(claims, "exp", out var expires) || expires is null
            || !TryReadTime(claims, "nbf", out var notBefore)
            || !TryReadTime(claims, "iat", out var issuedAt))
            return JwtRefusal.Malformed;

        var now = time.GetUtcNow();
        if (now - ClockSkew >= expires)
            return JwtRefusal.Expired;
        return notBefore > now + ClockSkew || issuedAt > now + ClockSkew ? JwtRefusal.NotYetValid : null;
    }

    /// <summary>Seconds since 1970 as a JSON number, up to the year 9999; false when the claim is there and is anything else.</summary>
    private static bool TryReadTime(JsonElement claims, string name, out DateTimeOffset? value)
    {
        value = null;
        if (!claims.TryGetProperty(name, out var json))
            return true;
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetDouble(out var seconds)
            || !(seconds >= 0 && seconds <= 253_402_300_799))
            return false;
        value = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }
}
