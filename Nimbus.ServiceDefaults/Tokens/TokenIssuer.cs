using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Nimbus.ServiceDefaults;

/// <summary>Makes the access tokens of this installation: JWTs under HS256 with the shared secret.</summary>
public sealed class TokenIssuer
{
    /// <summary>The <c>iss</c> claim.</summary>
    internal const string Name = "nimbus";

    // The same for every token: {"alg":"HS256","typ":"JWT"}.
    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    private readonly HmacKey key;
    private readonly TimeProvider time;

    internal TokenIssuer(HmacKey key, TimeProvider time)
    {
        this.key = key;
        this.time = time;
    }

    /// <summary>A new token, valid from now. Each has its own <c>jti</c>.</summary>
    public string Issue(AccessToken claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        var issued = time.GetUtcNow().ToUnixTimeSeconds();
        var payload = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["iss"] = Name,
            ["aud"] = claims.Audience,
            ["sub"] = claims.UserId,
            ["sid"] = claims.SessionId,
            ["iat"] = issued,
            ["exp"] = issued + (long)claims.Lifetime.TotalSeconds,
            ["jti"] = Guid.CreateVersion7(),
        });
        var input = $"{Header}.{Base64Url.EncodeToString(payload)}";
        return $"{input}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(input)))}";
    }
}
