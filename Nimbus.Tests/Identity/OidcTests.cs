using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.ServiceDefaults;

namespace Nimbus.Tests.Identity;

/// <summary>Sign-in by an issuer that the tests run themselves.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class OidcTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_of_the_issuer_is_signed_in_and_has_the_same_account_the_next_time(bool byRsa)
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.SignsByRsa = byRsa;
        await using var identity = await StartAsync(issuer);

        var first = await SignInAsync(identity, issuer);
        issuer.Email = $"{Guid.NewGuid():N}@corp.example"; // the subject decides, not the address
        var second = await SignInAsync(identity, issuer);

        Assert.Equal(first.GetProperty("user").GetProperty("id").GetGuid(), second.GetProperty("user").GetProperty("id").GetGuid());
        Assert.Equal("Ada", first.GetProperty("user").GetProperty("name").GetString());
        using var client = system.WithToken(second.GetProperty("access_token").GetString()!);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/auth/me")).StatusCode);
    }

    [Fact]
    public async Task Keys_are_asked_for_again_only_when_a_new_one_appears_and_not_at_once()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var identity = await StartAsync(issuer);
        await SignInAsync(identity, issuer);
        await SignInAsync(identity, issuer);
        Assert.Equal(1, issuer.KeysAsked);

        issuer.RollOver();

        // Within 30 seconds of the last time nobody asks again, whatever is shown.
        Assert.Equal("sign_in_refused", await (await FinishAsync(identity, issuer)).CodeAsync(HttpStatusCode.Unauthorized));
        Assert.Equal(1, issuer.KeysAsked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_of_the_issuer_speaks_for_its_user_and_changes_no_sign_in(bool byRsa)
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.SignsByRsa = byRsa;
        await using var identity = await StartAsync(issuer);
        var token = issuer.NewToken("n");

        var me = await (await GetAsync(identity, "/v1/auth/me", cookie: null, token)).JsonAsync();

        Assert.Equal(issuer.Email, me.GetProperty("email").GetString());
        Assert.Equal(me.GetProperty("id").GetGuid(), (await SignInAsync(identity, issuer)).GetProperty("user").GetProperty("id").GetGuid());
        Assert.Equal("forbidden", await (await GetAsync(identity, "/v1/auth/tokens", cookie: null, token)).CodeAsync(HttpStatusCode.Forbidden));
        // The running system knows no such issuer.
        using var elsewhere = system.WithToken(token);
        Assert.Equal(HttpStatusCode.Unauthorized, (await elsewhere.GetAsync("/v1/auth/me")).StatusCode);
        issuer.Change = claims => claims["aud"] = "another-client";
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(identity, "/v1/auth/me", cookie: null, issuer.NewToken("n"))).StatusCode);
        issuer.Change = _ => { };
        var parts = token.Split('.');
        Assert.Equal(HttpStatusCode.Unauthorized,
            (await GetAsync(identity, "/v1/auth/me", cookie: null, $"{parts[0]}.{parts[1]}.{issuer.NewToken("m").Split('.')[2]}")).StatusCode);
    }

    [Fact]
    public async Task Keys_roll_over()
    {
        await using var issuer = await TestIssuer.StartAsync();
        var time = new ManualTime();
        time.Advance(DateTimeOffset.UtcNow - time.GetUtcNow());
        var options = new OidcOptions { Issuer = issuer.Name, ClientId = TestIssuer.ClientId };
        using var external = new ExternalIssuer(new PlainClients(), Microsoft.Extensions.Options.Options.Create(options), time);
        Assert.NotNull(await external.VerifyAsync(issuer.NewToken("n"), "n", default));
        var old = issuer.NewToken("n");

        issuer.RollOver();
        time.Advance(TimeSpan.FromSeconds(31));

        Assert.NotNull(await external.VerifyAsync(issuer.NewToken("n"), "n", default));
        Assert.Null(await external.VerifyAsync(old, "n", default));
        Assert.Equal(2, issuer.KeysAsked);
    }

    public static TheoryData<string> Lies => ["audience", "issuer", "nonce", "expired", "future", "other party", "no subject", "no address"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_token_that_does_not_hold_signs_nobody_in(string lie)
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var identity = await StartAsync(issuer);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        issuer.Change = claims => _ = lie switch
        {
            "audience" => claims["aud"] = "another-client",
            "issuer" => claims["iss"] = "https://accounts.example",
            "nonce" => claims["nonce"] = "of another sign-in",
            "expired" => claims["exp"] = now - 60,
            "future" => claims["nbf"] = now + 600,
            "other party" => claims["azp"] = "another-client",
            "no subject" => claims.Remove("sub"),
            _ => claims.Remove("email"),
        };
        Assert.Equal("sign_in_refused", await (await FinishAsync(identity, issuer)).CodeAsync(HttpStatusCode.Unauthorized));
    }

    [Theory]
    [InlineData("error=access_denied", "access_denied")]
    [InlineData("error=access%0Adenied", "nothing that can be used")]
    [InlineData("", "nothing that can be used")]
    [InlineData("code=never+given+out", "it answers 400")]
    public async Task Why_the_issuer_refused_stands_in_the_log_alone(string outcome, string reason)
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var identity = await StartAsync(issuer);
        var (query, cookie) = await BeginAsync(identity);

        var answer = await GetAsync(identity, $"/v1/auth/oidc/callback?{outcome}&state={query["state"]}", cookie);

        Assert.Equal("sign_in_refused", await answer.CodeAsync(HttpStatusCode.Unauthorized));
        Assert.DoesNotContain(reason, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Single(identity.Log.Lines, line => line.Text.StartsWith("A sign-in by", StringComparison.Ordinal)).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sign_in_ends_only_in_the_browser_it_began_in_and_once()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var identity = await StartAsync(issuer);
        var (query, cookie) = await BeginAsync(identity);
        var callback = $"/v1/auth/oidc/callback?code={issuer.SignIn(query)}&state={query["state"]}";

        Assert.Equal("sign_in_expired", await (await GetAsync(identity, callback, cookie: null)).CodeAsync(HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.Redirect, (await GetAsync(identity, callback, cookie)).StatusCode);
        Assert.Equal("sign_in_expired", await (await GetAsync(identity, callback, cookie)).CodeAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_code_of_ours_is_good_once()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var identity = await StartAsync(issuer);
        var code = CodeOf(await FinishAsync(identity, issuer));
        Assert.Equal(HttpStatusCode.OK, (await identity.Client.PostAsJsonAsync("/v1/auth/oidc/exchange", new { code })).StatusCode);
        Assert.Equal("sign_in_expired",
            await (await identity.Client.PostAsJsonAsync("/v1/auth/oidc/exchange", new { code })).CodeAsync(HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task An_account_with_a_password_is_not_taken_over_by_its_address()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var identity = await StartAsync(issuer);
        issuer.Email = (await system.NewUserAsync()).Email.ToUpperInvariant();
        Assert.Equal("email_taken", await (await FinishAsync(identity, issuer)).CodeAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Without_an_issuer_there_is_no_such_sign_in() =>
        Assert.Equal("oidc_not_configured", await (await system.Anonymous.GetAsync("/v1/auth/oidc/start")).CodeAsync(HttpStatusCode.NotFound));

    private sealed class PlainClients : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new();
    }

    private Task<IdentityHost> StartAsync(TestIssuer issuer) => IdentityHost.StartAsync(system, new()
    {
        ["Nimbus:Oidc:Issuer"] = issuer.Name,
        ["Nimbus:Oidc:ClientId"] = TestIssuer.ClientId,
    });

    private static async Task<JsonElement> SignInAsync(IdentityHost identity, TestIssuer issuer)
    {
        var code = CodeOf(await FinishAsync(identity, issuer));
        return await (await identity.Client.PostAsJsonAsync("/v1/auth/oidc/exchange", new { code })).JsonAsync();
    }

    private static string CodeOf(HttpResponseMessage callback)
    {
        Assert.Equal(HttpStatusCode.Redirect, callback.StatusCode);
        var link = callback.Headers.Location!.ToString();
        Assert.StartsWith("http://localhost:8000/#/signed-in/", link, StringComparison.Ordinal);
        return link[(link.LastIndexOf('/') + 1)..];
    }

    private static async Task<HttpResponseMessage> FinishAsync(IdentityHost identity, TestIssuer issuer)
    {
        var (query, cookie) = await BeginAsync(identity);
        return await GetAsync(identity, $"/v1/auth/oidc/callback?code={issuer.SignIn(query)}&state={query["state"]}", cookie);
    }

    private static async Task<(Dictionary<string, string> Query, string Cookie)> BeginAsync(IdentityHost identity)
    {
        var answer = await identity.Client.GetAsync("/v1/auth/oidc/start");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        return (
            QueryHelpers.ParseQuery(answer.Headers.Location!.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString()),
            cookie[..cookie.IndexOf(';', StringComparison.Ordinal)]);
    }

    private static async Task<HttpResponseMessage> GetAsync(IdentityHost identity, string path, string? cookie, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        return await identity.Client.SendAsync(request);
    }
}
