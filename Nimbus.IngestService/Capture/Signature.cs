using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Nimbus.IngestService.Capture;

/// <summary>The signature of a request: HMAC-SHA256 over <c>{timestamp}:{METHOD}:{path}:{body}</c>.</summary>
internal static class Signature
{
    public const int Length = HMACSHA256.HashSizeInBytes;

    /// <summary>What the signature has to be.</summary>
    /// <param name="path">As the client sent it, without its query.</param>
    /// <param name="body">As the client sent it, still compressed.</param>
    public static byte[] Compute(byte[] secret, string timestamp, string method, string path, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{timestamp}:{method}:{path}:"));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }

    /// <summary>Compares in a time that does not depend on where the two differ.</summary>
    public static bool Matches(ReadOnlySpan<byte> expected, string hex)
    {
        Span<byte> given = stackalloc byte[Length];
        return hex.Length == 2 * Length
            && Convert.FromHexString(hex, given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(expected, given);
    }

    /// <summary>The path as it stood in the request line, neither decoded nor normalised.</summary>
    public static string PathAsSent(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } raw ? raw : http.Request.Path.Value!;
        // A proxy may have sent the absolute form, http://host/path.
        if (target[0] != '/' && target.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme)
            target = target.IndexOf('/', scheme + 3) is > 0 and var slash ? target[slash..] : "/";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }
}
