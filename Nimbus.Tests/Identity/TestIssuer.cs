using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.Identity;

/// <summary>An OpenID issuer on this machine: signs people in without asking, checks PKCE, and signs as a test tells it to.</summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    public const string ClientId = "nimbus-tests";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (string Nonce, string Challenge)> _codes = new();
    private ECDsa _elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private RSA _rsa = RSA.Create(2048);
    private string _keyId = "first";

    private TestIssuer(WebApplication app) => _app = app;

    public string Name => _app.Urls.Single();

    public bool SignsByRsa { get; set; }

    /// <summary>Changes the claims of the next tokens.</summary>
    public Action<Dictionary<string, object>> Change { get; set; } = _ => { };

    public string Subject { get; set; } = $"{Guid.NewGuid()}";

    public string Email { get; set; } = $"{Guid.NewGuid():N}@corp.example";

    /// <summary>What its page sends the browser back with in place of a code: an error of OAuth.</summary>
    public string? Error { get; set; }

    public int KeysAsked { get; private set; }

    public static async Task<TestIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var issuer = new TestIssuer(builder.Build());
        issuer._app.Run(issuer.AnswerAsync);
        await issuer._app.StartAsync();
        return issuer;
    }

    /// <summary>New keys; the old ones are gone from the document.</summary>
    public void RollOver()
    {
        (_elliptic, _rsa, _keyId) = (ECDsa.Create(ECCurve.NamedCurves.nistP256), RSA.Create(2048), "second");
    }

    /// <summary>What a browser does at the authorization page: the code.</summary>
    public string SignIn(IReadOnlyDictionary<string, string> query)
    {
        Assert.Equal("S256", query["code_challenge_method"]);
        Assert.Equal(ClientId, query["client_id"]);
        var code = $"{Guid.NewGuid():N}";
        _codes[code] = (query["nonce"], query["code_challenge"]);
        return code;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext http) => http.Request.Path.Value switch
    {
        "/.well-known/openid-configuration" => http.Response.WriteAsJsonAsync(new
        {
            issuer = Name,
            authorization_endpoint = $"{Name}/authorize",
            token_endpoint = $"{Name}/token",
            jwks_uri = $"{Name}/keys",
        }),
        "/keys" => KeysAsync(http),
        "/token" => TokenAsync(http),
        "/authorize" => AuthorizeAsync(http),
        _ => Task.CompletedTask,
    };

    private Task AuthorizeAsync(HttpContext http)
    {
        var query = http.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        var outcome = Error is null ? $"code={SignIn(query)}" : $"error={Error}&error_description=Nobody+knows+you";
        http.Response.Redirect($"{query["redirect_uri"]}?{outcome}&state={query["state"]}");
        return Task.CompletedTask;
    }

    private Task KeysAsync(HttpContext http)
    {
        KeysAsked++;
        var (ec, rsa) = (_elliptic.ExportParameters(false), _rsa.ExportParameters(false));
        return http.Response.WriteAsJsonAsync(new
        {
            keys = new object[]
            {
                new { kty = "oct", k = "AAAA", kid = "strange" },
                new { kty = "EC", crv = "P-256", use = "sig", alg = "ES256", kid = $"ec-{_keyId}", x = Base64Url.EncodeToString(ec.Q.X), y = Base64Url.EncodeToString(ec.Q.Y) },
                new { kty = "RSA", use = "sig", kid = $"rsa-{_keyId}", n = Base64Url.EncodeToString(rsa.Modulus), e = Base64Url.EncodeToString(rsa.Exponent) },
            },
        });
    }

    private async Task TokenAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (!_codes.TryRemove(form["code"].ToString(), out var begun) || begun.Challenge != challenge)
        {
            http.Response.StatusCode = 400;
            return;
        }
        await http.Response.WriteAsJsonAsync(new { id_token = NewToken(begun.Nonce), token_type = "Bearer" });
    }

    /// <summary>An ID token as the token endpoint gives it.</summary>
    public string NewToken(string nonce)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Name,
            ["aud"] = ClientId,
            ["sub"] = Subject,
            ["email"] = Email,
            ["name"] = "Ada",
            ["nonce"] = nonce,
            ["iat"] = now,
            ["exp"] = now + 300,
        };
        Change(claims);
        return Sign(claims);
    }

    private string Sign(Dictionary<string, object> claims)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new
        {
            alg = SignsByRsa ? "RS256" : "ES256",
            kid = $"{(SignsByRsa ? "rsa" : "ec")}-{_keyId}",
            jku = "https://evil.example/keys", // never followed
        });
        var input = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        var bytes = Encoding.ASCII.GetBytes(input);
        var signature = SignsByRsa
            ? _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : _elliptic.SignData(bytes, HashAlgorithmName.SHA256);
        return $"{input}.{Base64Url.EncodeToString(signature)}";
    }
}
