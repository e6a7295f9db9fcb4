using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>What has been tried on JWT implementations before. Each token differs in one thing from one that passes.</summary>
public class TokenAttackTests
{
    private const string Header = """{"alg":"HS256","typ":"JWT"}""";

    // 2026-03-01T12:00:00Z, where the clock of these tests stands.
    private const long Now = 1772366400;

    private const string Claims = """{"iss":"nimbus","aud":"nimbus","sub":"a","exp":1772370000,"iat":1772366400}""";

    private static readonly byte[] Secret = Encoding.UTF8.GetBytes("an-hmac-secret-of-32-bytes-or-so");

    // Made once: a key takes a tenth of a second.
    private static readonly RSA RsaPair = RSA.Create(2048);
    private static readonly ECDsa EllipticPair = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private readonly JwtVerifier verifier = new(
        [
            new TrustedIssuer("nimbus", [Audiences.User, Audiences.Service], [new HmacKey(Secret)]),
            new TrustedIssuer("https://issuer.example", ["client"],
            [
                new RsaKey(RsaPair.ExportParameters(false), "rsa-1"),
                new EllipticKey(EllipticPair.ExportParameters(false).Q, "ec-1"),
            ]),
        ],
        new ManualTime());

    [Fact]
    public void The_token_that_the_attacks_start_from_passes()
    {
        Assert.Equal(Now, new ManualTime().GetUtcNow().ToUnixTimeSeconds());
        Assert.Null(verifier.Verify(Hmac(Header, Claims)).Refusal);
        Assert.Null(verifier.Verify(Rsa("""{"alg":"RS256","kid":"rsa-1"}""", External)).Refusal);
        Assert.Null(verifier.Verify(Elliptic("""{"alg":"ES256","kid":"ec-1"}""", External)).Refusal);
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"None"}""")]
    [InlineData("""{"alg":"nOnE"}""")]
    [InlineData("""{"alg":""}""")]
    public void Alg_none_never_passes_with_or_without_a_signature(string header)
    {
        var unsigned = $"{Encode(header)}.{Encode(Claims)}.";

        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(unsigned).Refusal);
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(unsigned + "AA").Refusal);
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(Hmac(header, Claims)).Refusal);
    }

    [Theory]
    [InlineData("HS384")]
    [InlineData("HS512")]
    [InlineData("hs256")]
    [InlineData("HS256 ")]
    [InlineData("RS256")]
    [InlineData("ES256")]
    [InlineData("PS256")]
    public void The_token_does_not_choose_another_algorithm_for_a_key(string algorithm)
    {
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(Hmac($$"""{"alg":"{{algorithm}}"}""", Claims)).Refusal);
    }

    [Fact]
    public void A_public_key_is_not_taken_for_an_HMAC_secret()
    {
        byte[][] publicForms =
        [
            RsaPair.ExportSubjectPublicKeyInfo(),
            RsaPair.ExportRSAPublicKey(),
            Encoding.ASCII.GetBytes(RsaPair.ExportSubjectPublicKeyInfoPem()),
            Encoding.ASCII.GetBytes(RsaPair.ExportSubjectPublicKeyInfoPem() + "\n"),
            RsaPair.ExportParameters(false).Modulus!,
        ];

        foreach (var known in publicForms)
            Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(Hmac(Header, External, known)).Refusal);
    }

    [Fact]
    public void A_key_of_one_issuer_does_not_sign_for_another()
    {
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(Rsa("""{"alg":"RS256"}""", Claims)).Refusal);
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(Hmac(Header, External)).Refusal);
        Assert.Equal(JwtRefusal.UnknownIssuer, verifier.Verify(
            Hmac(Header, Claims.Replace("\"nimbus\",\"aud", "\"Nimbus\",\"aud", StringComparison.Ordinal))).Refusal);
    }

    [Theory]
    [InlineData("../../../../dev/null")]
    [InlineData("x' UNION SELECT 'secret")]
    [InlineData("ec-1")]
    [InlineData("")]
    public void A_key_id_leads_to_no_other_key(string keyId)
    {
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(Rsa($$"""{"alg":"RS256","kid":"{{keyId}}"}""", External)).Refusal);
        // The empty key and a known file's content are what such injections aim at.
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(
            Hmac($$"""{"alg":"HS256","kid":"{{keyId}}"}""", Claims, [])).Refusal);
    }

    [Fact]
    public void Keys_and_addresses_in_the_header_are_not_followed()
    {
        using var attacker = RSA.Create(2048);
        var modulus = Base64Url.EncodeToString(attacker.ExportParameters(false).Modulus);
        string[] headers =
        [
            $$$"""{"alg":"RS256","jwk":{"kty":"RSA","n":"{{{modulus}}}","e":"AQAB"}}""",
            """{"alg":"RS256","jku":"https://attacker.example/jwks.json"}""",
            """{"alg":"RS256","x5u":"https://attacker.example/cert.pem"}""",
            """{"alg":"RS256","x5c":["MIIB"]}""",
        ];

        foreach (var header in headers)
        {
            Assert.Equal(JwtRefusal.BadSignature, verifier.Verify(Rsa(header, External, attacker)).Refusal);
            // Refused for the signature, not for the member: with the issuer's own key it passes.
            Assert.Null(verifier.Verify(Rsa(header, External)).Refusal);
        }
    }

    [Theory]
    [InlineData("""{"alg":"HS256","crit":["exp"],"exp":1}""")]
    [InlineData("""{"alg":"HS256","crit":[]}""")]
    [InlineData("""{"alg":"HS256","b64":false,"crit":["b64"]}""")]
    [InlineData("""{"alg":"HS256","b64":false}""")]
    [InlineData("""{"alg":"HS256","cty":"JWT"}""")]
    [InlineData("""{"alg":"HS256","zip":"DEF"}""")]
    [InlineData("""{"alg":"HS256","enc":"A128GCM"}""")]
    [InlineData("""{"alg":"HS256","typ":"dpop+jwt"}""")]
    [InlineData("""{"alg":"HS256","typ":1}""")]
    [InlineData("""{"alg":"HS256","kid":7}""")]
    [InlineData("""{"alg":"HS256","kid":{"a":1}}""")]
    [InlineData("""{"alg":"none","alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","\u0061lg":"none"}""")]
    [InlineData("""{"alg":["HS256"]}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"ALG":"HS256"}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""["alg","HS256"]""")]
    [InlineData("""{"alg":"HS256"} {}""")]
    [InlineData("""{"alg":"HS256",}""")]
    [InlineData("""{"alg":"HS256"}//""")]
    [InlineData("not json")]
    public void A_header_that_is_ambiguous_or_asks_for_more_is_refused(string header)
    {
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(Hmac(header, Claims)).Refusal);
    }

    [Theory]
    [InlineData("""{"iss":"nimbus","iss":"nimbus","aud":"nimbus","exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":1,"exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":1772370000,"act":{"sub":"a","sub":"b"}}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus"}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":null}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":"1772370000"}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":1e400}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":1e30}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":253402300800}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":-1}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":true}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":[1772370000]}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":1772370000,"nbf":"0"}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":1772370000,"iat":{}}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus","exp":1772370000,"deep":[[[[[[[[[[1]]]]]]]]]]}""")]
    [InlineData("""[{"iss":"nimbus"}]""")]
    [InlineData("\"nimbus\"")]
    public void Claims_that_are_ambiguous_or_no_times_are_refused(string claims)
    {
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(Hmac(Header, claims)).Refusal);
    }

    [Theory]
    [InlineData("""{"iss":"nimbus","exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":null,"exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":"","exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":"NIMBUS","exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":"nimbus ","exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":"client","exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":[],"exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":["nimbus",1],"exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":[["nimbus"]],"exp":1772370000}""")]
    [InlineData("""{"iss":"nimbus","aud":{"nimbus":"nimbus"},"exp":1772370000}""")]
    public void A_token_for_somebody_else_is_refused(string claims)
    {
        Assert.Equal(JwtRefusal.WrongAudience, verifier.Verify(Hmac(Header, claims)).Refusal);
    }

    [Fact]
    public void One_of_several_audiences_is_enough_and_only_ours_are_told()
    {
        var result = verifier.Verify(Hmac(Header, """{"iss":"nimbus","aud":["other","nimbus"],"exp":1772370000}"""));

        Assert.Null(result.Refusal);
        Assert.Equal([Audiences.User], result.Audiences);
    }

    [Theory]
    [InlineData("exp", Now - 29, null)]
    [InlineData("exp", Now - 30, "Expired")]
    [InlineData("exp", 0, "Expired")]
    [InlineData("nbf", Now + 30, null)]
    [InlineData("nbf", Now + 31, "NotYetValid")]
    [InlineData("iat", Now + 30, null)]
    [InlineData("iat", Now + 31, "NotYetValid")]
    public void Times_hold_within_thirty_seconds_of_skew(string claim, long seconds, string? refusal)
    {
        var expires = claim == "exp" ? seconds : Now + 3600;
        var other = claim == "exp" ? "" : $",\"{claim}\":{seconds}";

        var result = verifier.Verify(Hmac(Header, $$"""{"iss":"nimbus","aud":"nimbus","exp":{{expires}}{{other}}}"""));

        Assert.Equal(refusal, result.Refusal?.ToString());
    }

    [Fact]
    public void Parts_that_are_stripped_added_or_swapped_are_refused()
    {
        var token = Hmac(Header, Claims);
        var parts = token.Split('.');
        var other = Hmac(Header, Claims.Replace("\"a\"", "\"b\"", StringComparison.Ordinal)).Split('.');
        string[] attacks =
        [
            "", ".", "..", "...", "a.b.c",
            $"{parts[0]}.{parts[1]}",
            $"{parts[0]}.{parts[1]}.",
            $".{parts[1]}.{parts[2]}",
            $"{parts[0]}..{parts[2]}",
            $"{token}.",
            $".{token}",
            $"{token}.{parts[2]}",
            $"{parts[0]}.{parts[1]}..{parts[2]}.",
            $"{parts[1]}.{parts[0]}.{parts[2]}",
            $"{parts[0]}.{other[1]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.{other[2]}",
            $"{parts[0]}.{parts[1]}.{parts[2][..^4]}",
            $"{parts[0]}.{parts[1]}.{parts[2]}AAAA",
        ];

        foreach (var attack in attacks)
            Assert.True(verifier.Verify(attack).Refusal is JwtRefusal.Malformed or JwtRefusal.BadSignature or JwtRefusal.UnknownIssuer, attack);
    }

    [Fact]
    public void A_token_has_one_spelling()
    {
        var token = Hmac(Header, Claims);
        // 32 bytes end in a character of which two bits are unused: all four spellings decode to the same bytes elsewhere.
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = alphabet.IndexOf(token[^1], StringComparison.Ordinal);
        Assert.Equal(0, last % 4);
        string[] spellings =
        [
            token[..^1] + alphabet[last + 1],
            token[..^1] + alphabet[last + 3],
            token + "=",
            token + " ",
            token + "\n",
            " " + token,
            token.Insert(10, "\n"),
            token.Insert(10, "%0a"),
            token.Replace(".", "=.", StringComparison.Ordinal),
            token.Insert(10, "ä"),
        ];

        foreach (var spelling in spellings)
            Assert.Equal(JwtRefusal.Malformed, verifier.Verify(spelling).Refusal);
    }

    [Fact]
    public void Huge_and_nested_tokens_are_refused()
    {
        var padding = new string('x', 8 * 1024);
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(
            Hmac(Header, $$"""{"iss":"nimbus","aud":"nimbus","exp":1772370000,"x":"{{padding}}"}""")).Refusal);
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(new string('.', 8 * 1024)).Refusal);
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(new string('a', 10_000_000)).Refusal);
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(Hmac(Header, Hmac(Header, Claims))).Refusal);
    }

    [Fact]
    public void Invalid_UTF_8_and_lone_surrogates_are_refused()
    {
        byte[] invalid = [.. "{\"iss\":\"nimbus\",\"aud\":\"nimbus\",\"exp\":1772370000,\"x\":\""u8, 0xC0, 0xAF, .. "\"}"u8];
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(Sign(Encoding.UTF8.GetBytes(Header), invalid, Secret)).Refusal);
        Assert.Equal(JwtRefusal.UnknownIssuer, verifier.Verify(
            Hmac(Header, """{"iss":"\ud800","aud":"nimbus","exp":1772370000}""")).Refusal);
        Assert.Equal(JwtRefusal.Malformed, verifier.Verify(Hmac("""{"alg":"\ud800"}""", Claims)).Refusal);
    }

    [Fact]
    public void A_signature_of_zeros_or_in_DER_is_no_ES256_signature()
    {
        const string header = """{"alg":"ES256"}""";
        var input = $"{Encode(header)}.{Encode(External)}";
        var der = EllipticPair.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

        // r = s = 0 passed a widely used implementation in 2022.
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify($"{input}.{Base64Url.EncodeToString(new byte[64])}").Refusal);
        Assert.Equal(JwtRefusal.BadSignature, verifier.Verify($"{input}.{Base64Url.EncodeToString(der)}").Refusal);
    }

    [Fact]
    public void What_the_issuer_writes_is_what_the_verifier_reads()
    {
        var time = new ManualTime();
        var issuer = new TokenIssuer(new HmacKey(Secret), time);
        var (user, session) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        var first = issuer.Issue(new AccessToken(user, session, Audiences.User, TimeSpan.FromHours(1)));
        var second = issuer.Issue(new AccessToken(user, session, Audiences.User, TimeSpan.FromHours(1)));

        var result = verifier.Verify(first);
        Assert.Null(result.Refusal);
        Assert.Equal(user.ToString(), result.Claims.Text("sub"));
        Assert.Equal(session.ToString(), result.Claims.Text("sid"));
        Assert.Equal(Now + 3600, result.Claims.GetProperty("exp").GetInt64());
        Assert.NotEqual(first, second);
    }

    private const string External =
        """{"iss":"https://issuer.example","aud":"client","sub":"a","exp":1772370000,"iat":1772366400}""";

    private static string Hmac(string header, string claims, byte[]? secret = null) =>
        Sign(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(claims), secret ?? Secret);

    private static string Sign(byte[] header, byte[] claims, byte[] secret)
    {
        var input = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims)}";
        return $"{input}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)))}";
    }

    private static string Rsa(string header, string claims, RSA? key = null)
    {
        var input = $"{Encode(header)}.{Encode(claims)}";
        var signature = (key ?? RsaPair).SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{input}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Elliptic(string header, string claims)
    {
        var input = $"{Encode(header)}.{Encode(claims)}";
        return $"{input}.{Base64Url.EncodeToString(EllipticPair.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
