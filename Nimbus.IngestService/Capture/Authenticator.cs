using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.ApiKeys;
using Nimbus.IngestService.Traffic;

namespace Nimbus.IngestService.Capture;

/// <summary>Who sends, and the name of what is sent.</summary>
/// <param name="EntryId">From the signature, where there is one: the same for the same signed bytes.</param>
/// <param name="Traffic">What the project keeps of where a browser's events come from.</param>
internal sealed record Sender(Guid ProjectId, string KeyId, Guid EntryId, TrafficDetail Traffic)
{
    public static Sender By(ResolvedKey key, Guid entryId) => new(key.ProjectId, key.KeyId, entryId, key.Traffic);
}

/// <summary>Finds out who sends, by one of three ways: a signature, a secret, or a write key.</summary>
internal sealed class Authenticator(KeyDirectory keys, IOptions<IngestOptions> options, TimeProvider time)
{
    /// <summary>The sender of the request, from its headers and its body exactly as sent.</summary>
    /// <exception cref="RefusedException">401 or 403 where it is nobody's; 503 where that cannot be found out now.</exception>
    public Task<Sender> AuthenticateAsync(HttpContext http, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var headers = http.Request.Headers;
        if (headers.ContainsKey("X-Api-Key-Id") || headers.ContainsKey("X-Api-Signature"))
            return BySignatureAsync(http, body, ct);
        if (headers["X-API-Key"].ToString() is { Length: > 0 } secret)
            return BySecretAsync(secret, ct);
        if (WriteKeyIn(headers) is { } writeKey)
            return ByWriteKeyAsync(writeKey, headers.Origin.ToString(), ct);
        throw RefusedException.Unauthorized(
            "unauthorized", "Sign the request (X-Api-Key-Id, X-Api-Timestamp, X-Api-Signature), or send X-API-Key or X-Write-Key.");
    }

    private async Task<Sender> BySignatureAsync(HttpContext http, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var headers = http.Request.Headers;
        var timestamp = headers["X-Api-Timestamp"].ToString();
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - seconds) > options.Value.SignatureTolerance.TotalSeconds)
        {
            throw RefusedException.Unauthorized(
                "timestamp_skew", $"X-Api-Timestamp must be Unix seconds within {options.Value.SignatureTolerance.TotalSeconds} of the server's clock.");
        }

        var key = await FindAsync(KeyKind.KeyId, headers["X-Api-Key-Id"].ToString(), ct);
        if (key.Secret is not { } secret)
            throw UnknownKey();
        var expected = Signature.Compute(secret, timestamp, http.Request.Method, Signature.PathAsSent(http), body.Span);
        if (!Signature.Matches(expected, headers["X-Api-Signature"].ToString()))
        {
            throw RefusedException.Unauthorized(
                "invalid_signature", "X-Api-Signature is not the HMAC-SHA256 of {timestamp}:{METHOD}:{path}:{body} under this key.");
        }
        return Sender.By(key, new Guid(expected.AsSpan(0, 16), bigEndian: true));
    }

    /// <summary>The sender by the secret of a key alone.</summary>
    public async Task<Sender> BySecretAsync(string secret, CancellationToken ct)
    {
        if (!options.Value.AllowApiKeyHeader)
            throw RefusedException.Unauthorized("unauthorized", "X-API-Key is switched off here; sign the request instead.");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        var key = await FindAsync(KeyKind.SecretHash, hash, ct);
        return Sender.By(key, Guid.CreateVersion7(time.GetUtcNow()));
    }

    /// <summary>The sender by a write key.</summary>
    /// <param name="origin">Of the page it is sent from; empty for none.</param>
    public async Task<Sender> ByWriteKeyAsync(string writeKey, string origin, CancellationToken ct)
    {
        var key = await FindAsync(KeyKind.WriteKey, writeKey, ct);
        if (!key.Allows(origin))
        {
            throw new RefusedException(
                StatusCodes.Status403Forbidden, "origin_not_allowed", "This write key is not for pages of this origin.");
        }
        return Sender.By(key, Guid.CreateVersion7(time.GetUtcNow()));
    }

    private async Task<ResolvedKey> FindAsync(KeyKind kind, string value, CancellationToken ct) =>
        await keys.FindAsync(kind, value, ct) is { } key && !key.HasEnded(time.GetUtcNow()) ? key : throw UnknownKey();

    private static RefusedException UnknownKey() => RefusedException.Unauthorized("unknown_key", "There is no such key, or no longer.");

    private static string? WriteKeyIn(IHeaderDictionary headers)
    {
        if (headers["X-Write-Key"].ToString() is { Length: > 0 } writeKey)
            return writeKey;
        var authorization = headers.Authorization.ToString();
        if (!authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        Span<byte> decoded = stackalloc byte[256];
        if (!Convert.TryFromBase64String(authorization[6..].Trim(), decoded, out var length))
            return null;
        var userAndPassword = Encoding.UTF8.GetString(decoded[..length]);
        return userAndPassword.Split(':')[0] is { Length: > 0 } user ? user : null;
    }
}
