using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Nimbus.Client;

/// <summary>How a request says who sends it. Made by the factory methods; immutable and safe to share.</summary>
public abstract class NimbusCredentials
{
    private NimbusCredentials()
    {
    }

    /// <summary>For servers: every request is signed with the secret, which itself never travels.</summary>
    /// <param name="keyId">The key's id, <c>nbk_…</c>.</param>
    /// <param name="secret">The key's secret, <c>nbs_…</c>, as it was shown when the key was made.</param>
    public static NimbusCredentials Hmac(string keyId, string secret) => new HmacCredentials(Given(keyId), Given(secret));

    /// <summary>The secret itself in <c>X-API-Key</c>: for trusted networks; a deployment may refuse it.</summary>
    public static NimbusCredentials ApiKey(string secret) => new HeaderCredentials("X-API-Key", Given(secret));

    /// <summary>A public write key, <c>nbw_…</c>: can send events and nothing else.</summary>
    public static NimbusCredentials WriteKey(string writeKey) => new HeaderCredentials("X-Write-Key", Given(writeKey));

    /// <summary>An access token or a personal access token, <c>nbp_…</c>.</summary>
    public static NimbusCredentials Bearer(string token) => new HeaderCredentials("Authorization", "Bearer " + Given(token));

    /// <summary>Adds what authenticates this body. The same arguments give the same headers.</summary>
    internal abstract void Authorize(HttpRequestHeaders headers, string method, string path, byte[] body, DateTimeOffset signedAt);

    private static string Given(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        return value;
    }

    private sealed class HmacCredentials(string keyId, string secret) : NimbusCredentials
    {
        private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

        internal override void Authorize(HttpRequestHeaders headers, string method, string path, byte[] body, DateTimeOffset signedAt)
        {
            var timestamp = signedAt.ToUnixTimeSeconds();
            headers.Add("X-Api-Key-Id", keyId);
            headers.Add("X-Api-Timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
            headers.Add("X-Api-Signature", RequestSignature.Compute(_secret, timestamp, method, path, body));
        }
    }

    private sealed class HeaderCredentials(string header, string value) : NimbusCredentials
    {
        internal override void Authorize(HttpRequestHeaders headers, string method, string path, byte[] body, DateTimeOffset signedAt) =>
            headers.TryAddWithoutValidation(header, value);
    }
}
