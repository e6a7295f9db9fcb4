using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nimbus.Client;

/// <summary>The signature of a request: HMAC-SHA256 over <c>{timestamp}:{METHOD}:{path}:{body}</c>.</summary>
public static class RequestSignature
{
    /// <summary>The value of <c>X-Api-Signature</c>: 64 lower-case hexadecimal digits.</summary>
    /// <param name="secret">The UTF-8 bytes of the secret as it was shown.</param>
    /// <param name="timestamp">Unix seconds, as sent in <c>X-Api-Timestamp</c>.</param>
    /// <param name="method">Upper case, as <c>POST</c>.</param>
    /// <param name="path">The path as sent, without its query.</param>
    /// <param name="body">The bytes as sent: the compressed ones where the body is compressed.</param>
    public static string Compute(
        ReadOnlySpan<byte> secret, long timestamp, string method, string path, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{timestamp}:{method}:{path}:")));
        hmac.AppendData(body);
        return Convert.ToHexStringLower(hmac.GetHashAndReset());
    }
}
