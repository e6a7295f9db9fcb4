using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nimbus.Tests.Gateway;

/// <summary>The browser's session at the gateway, in front of an identity that tells what it was asked.</summary>
public sealed class SessionTests(GatewaySystem system) : IClassFixture<GatewaySystem>, IDisposable
{
    private const string Pair = """{"access_token":"access-1","refresh_token":"refresh-1","token_type":"Bearer","expires_in":3600}""";

    public void Dispose() => system.Forget();

    [Theory]
    [InlineData("", "/v1/auth/login")]
    [InlineData("/register", "/v1/auth/register")]
    [InlineData("/exchange", "/v1/auth/oidc/exchange")]
    public async Task The_refresh_token_goes_into_a_cookie_and_never_to_the_page(string path, string asked)
    {
        string? seen = null;
        system.Identity.Answer = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen = $"{context.Request.Path} {await reader.ReadToEndAsync()} {context.Request.Headers["X-Forwarded-For"]}";
            context.Response.StatusCode = asked == "/v1/auth/register" ? 201 : 200;
            await context.Response.WriteAsync(Pair);
        };
        using var response = await SendAsync(HttpMethod.Post, path, body: new { email = "ada@example.com", password = "secret" });

        Assert.Equal($"{asked} {{\"email\":\"ada@example.com\",\"password\":\"secret\"}} 127.0.0.1", seen);
        Assert.Equal(asked == "/v1/auth/register" ? HttpStatusCode.Created : HttpStatusCode.OK, response.StatusCode);
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal("access-1", (string?)JsonNode.Parse(body)!["access_token"]);
        Assert.DoesNotContain("refresh", body, StringComparison.Ordinal);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal(
            "nimbus_session=refresh-1; max-age=604800; path=/app/session; samesite=strict; httponly",
            Assert.Single(response.Headers.GetValues("Set-Cookie")));
    }

    [Fact]
    public async Task Over_https_the_cookie_is_secure()
    {
        system.Identity.Answer = context => context.Response.WriteAsync(Pair);
        await using var gateway = GatewayHost.Start(new()
        {
            ["services:identity:http:0"] = system.Identity.Address.ToString(),
            ["Nimbus:TrustedProxies:0"] = "127.0.0.0/8",
        });
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = gateway.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/app/session") { Content = JsonContent.Create(new { email = "a" }) };
        request.Headers.Add("X-Nimbus-Dashboard", "1");
        request.Headers.Add("X-Forwarded-Proto", "https");
        await request.Content.LoadIntoBufferAsync();
        using var response = await client.SendAsync(request);
        Assert.Contains("; secure;", Assert.Single(response.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_identity_refuses_is_passed_on_as_it_says_it()
    {
        system.Identity.Answer = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "30";
            return context.Response.WriteAsync("""{"code":"too_many_failures","detail":"Wait."}""");
        };
        using var response = await SendAsync(HttpMethod.Post, "", body: new { email = "a", password = "b" });

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("30", response.Headers.RetryAfter?.ToString());
        Assert.Equal("too_many_failures", await GatewaySystem.CodeOfAsync(response));
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "https://evil.example")]
    [InlineData(true, "null")]
    public async Task Another_site_is_refused_before_identity_is_asked(bool mark, string? origin)
    {
        var asked = 0;
        system.Identity.Answer = context =>
        {
            Interlocked.Increment(ref asked);
            return context.Response.WriteAsync(Pair);
        };
        foreach (var (method, path) in new[] { (HttpMethod.Post, ""), (HttpMethod.Post, "/refresh"), (HttpMethod.Delete, "") })
        {
            using var response = await SendAsync(method, path, "refresh-0", mark, origin, new { email = "a" });
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Equal("not_the_dashboard", await GatewaySystem.CodeOfAsync(response));
        }
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Its_own_origin_is_let_in()
    {
        system.Identity.Answer = context => context.Response.WriteAsync(Pair);
        using var response = await SendAsync(HttpMethod.Post, "/refresh", "refresh-0", origin: system.Address.GetLeftPart(UriPartial.Authority));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Without_a_session_a_refresh_has_nothing_to_say()
    {
        using var response = await SendAsync(HttpMethod.Post, "/refresh");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task A_session_that_has_ended_takes_its_cookie_with_it()
    {
        system.Identity.Answer = context =>
        {
            context.Response.StatusCode = 401;
            return context.Response.WriteAsync("""{"code":"token_reused"}""");
        };
        using var response = await SendAsync(HttpMethod.Post, "/refresh", "refresh-ended");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.StartsWith("nimbus_session=; max-age=0;", Assert.Single(response.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_whose_identity_is_away_keeps_its_cookie()
    {
        system.Identity.Answer = context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("""{"code":"not_ready"}""");
        };
        using var response = await SendAsync(HttpMethod.Post, "/refresh", "refresh-kept");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Tabs_that_refresh_at_once_or_soon_after_share_one_swap()
    {
        var asked = 0;
        system.Identity.Answer = async context =>
        {
            var number = Interlocked.Increment(ref asked);
            Assert.Equal("Bearer refresh-shared", context.Request.Headers.Authorization);
            await context.Response.WriteAsync(Pair.Replace("refresh-1", $"refresh-next-{number}", StringComparison.Ordinal));
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync(HttpMethod.Post, "/refresh", "refresh-shared")));
        using var late = await SendAsync(HttpMethod.Post, "/refresh", "refresh-shared");

        Assert.Equal(1, asked);
        foreach (var answer in answers.Append(late))
        {
            Assert.StartsWith("nimbus_session=refresh-next-1;", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
            Assert.Equal("access-1", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["access_token"]);
            answer.Dispose();
        }
    }

    [Fact]
    public async Task Signing_out_ends_the_session_at_identity()
    {
        List<string> asked = [];
        system.Identity.Answer = context =>
        {
            asked.Add($"{context.Request.Path} {context.Request.Headers.Authorization}");
            if (context.Request.Path == "/v1/auth/refresh")
                return context.Response.WriteAsync(Pair);
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        };
        using var response = await SendAsync(HttpMethod.Delete, "", "refresh-out");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(["/v1/auth/refresh Bearer refresh-out", "/v1/auth/logout Bearer access-1"], asked);
        Assert.StartsWith("nimbus_session=; max-age=0;", Assert.Single(response.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_runs_no_script_that_is_not_a_file_of_its_own()
    {
        using var response = await system.Client.GetAsync("/app/p/anything/trends?series=%3Cscript%3E");
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        var html = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("{{nonce}}", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        using var second = await system.Client.GetAsync("/app");
        Assert.NotEqual(policy, second.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task A_browser_is_led_to_the_dashboard()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        using var response = await system.Client.SendAsync(request);
        Assert.Equal("/app", response.Headers.Location?.ToString());
    }

    [SkippableFact]
    public async Task Files_are_kept_for_ever_and_sent_small()
    {
        var assets = Path.Combine(AppContext.BaseDirectory, "dashboard", "assets");
        Skip.IfNot(Directory.Exists(assets), "the dashboard was not built here");
        var script = Path.GetFileName(Directory.GetFiles(assets, "index-*.js")[0]);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/assets/{script}");
        request.Headers.Add("Accept-Encoding", "gzip, br");
        using var response = await system.Client.SendAsync(request);

        Assert.Equal("public, max-age=31536000, immutable", response.Headers.CacheControl?.ToString());
        Assert.Equal("br", response.Content.Headers.ContentEncoding.Single());
        Assert.Equal("text/javascript", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("/assets/..%2fNimbus.Gateway.dll")]
    [InlineData("/assets/%2e%2e%5cappsettings.json")]
    [InlineData("/assets/.built")]
    [InlineData("/assets/none.js")]
    public async Task What_is_no_file_of_the_dashboard_is_not_there(string path) =>
        Assert.StartsWith("HTTP/1.1 404", await system.SendRawAsync(path), StringComparison.Ordinal);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? cookie = null, bool mark = true, string? origin = null, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/app/session{path}");
        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
            await request.Content.LoadIntoBufferAsync();
        }
        if (mark)
            request.Headers.Add("X-Nimbus-Dashboard", "1");
        if (cookie is not null)
            request.Headers.Add("Cookie", $"nimbus_session={cookie}");
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        return await system.Client.SendAsync(request);
    }
}
