using System.Net;
using Microsoft.AspNetCore.Http;

namespace Nimbus.Tests.Gateway;

public sealed class HeaderTests(GatewaySystem system) : IClassFixture<GatewaySystem>, IDisposable
{
    public void Dispose() => system.Forget();

    [Fact]
    public async Task What_a_client_claims_about_its_origin_is_replaced()
    {
        var seen = Capture();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/metrics");
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Prefix", "/evil");
        request.Headers.Add("Forwarded", "for=203.0.113.9");
        using var response = await system.Client.SendAsync(request);

        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.Equal($"127.0.0.1:{system.Address.Port}", seen["X-Forwarded-Host"]);
        Assert.DoesNotContain("X-Forwarded-Prefix", seen.Keys);
        Assert.DoesNotContain("Forwarded", seen.Keys);
        Assert.Equal(system.Query.Address.Authority, seen["Host"]);
    }

    [Fact]
    public async Task Browsers_are_told_to_be_strict()
    {
        using var answer = await system.Client.GetAsync("/v1/metrics");
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.StartsWith("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Strict-Transport-Security")); // over http it would mean nothing

        using var page = await system.Client.GetAsync("/docs/index.html");
        Assert.Contains("script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_https_is_required_plain_http_is_refused_and_not_redirected()
    {
        var asked = 0;
        system.Ingest.Answer = context =>
        {
            asked++;
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return Task.CompletedTask;
        };
        await using var gateway = GatewayHost.Start(new()
        {
            ["services:ingest:http:0"] = system.Ingest.Address.ToString(),
            ["Nimbus:TrustedProxies:0"] = "127.0.0.0/8",
            ["Nimbus:Gateway:RequireHttps"] = "true",
        });
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = gateway.Address };

        foreach (var path in (string[])["/v1/events", "/v1/batch", "/v1/auth/login", "/app"])
        {
            using var refused = await client.PostAsync(path, new StringContent("{}"));
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("https_required", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(0, asked);
        using var probe = await client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent("{}") };
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var taken = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_trusted_proxy_is_believed_about_the_client()
    {
        var seen = Capture();
        await using var gateway = GatewayHost.Start(new()
        {
            ["services:query:http:0"] = system.Query.Address.ToString(),
            ["Nimbus:TrustedProxies:0"] = "127.0.0.0/8",
        });
        using var client = new HttpClient { BaseAddress = gateway.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/metrics");
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "analytics.example");
        using var response = await client.SendAsync(request);

        Assert.Equal("203.0.113.9", seen["X-Forwarded-For"]);
        Assert.Equal("https", seen["X-Forwarded-Proto"]);
        Assert.Equal("analytics.example", seen["X-Forwarded-Host"]);
    }

    [Fact]
    public async Task Headers_of_one_connection_stay_on_it()
    {
        var seen = Capture();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/metrics");
        request.Headers.TryAddWithoutValidation("Keep-Alive", "timeout=5");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic eDp5");
        request.Headers.TryAddWithoutValidation("TE", "gzip");
        request.Headers.TryAddWithoutValidation("Upgrade-Insecure-Requests", "1");
        using var response = await system.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        foreach (var header in new[] { "Keep-Alive", "Proxy-Authorization", "TE", "Upgrade-Insecure-Requests", "Connection" })
            Assert.DoesNotContain(header, seen.Keys);
    }

    [Fact]
    public async Task Headers_end_to_end_go_through_both_ways()
    {
        IHeaderDictionary? seen = null;
        system.Identity.Answer = context =>
        {
            seen = new HeaderDictionary(context.Request.Headers.ToDictionary());
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers.SetCookie = new(["a=1; Path=/", "b=2; Path=/"]);
            context.Response.Headers.Location = "/v1/projects/1";
            context.Response.Headers.ContentLanguage = "en";
            return context.Response.WriteAsync("made");
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/projects") { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer abc");
        request.Headers.TryAddWithoutValidation("Cookie", "c=3; d=4");
        request.Headers.TryAddWithoutValidation("X-Api-Signature", "00ff");
        request.Headers.TryAddWithoutValidation("X-Empty", "");
        request.Content.Headers.ContentType = new("application/json");
        using var response = await system.Client.SendAsync(request);

        Assert.Equal("Bearer abc", seen!.Authorization);
        Assert.Equal("c=3; d=4", seen.Cookie);
        Assert.Equal("00ff", seen["X-Api-Signature"]);
        Assert.Equal("application/json", seen.ContentType);
        Assert.Equal(2, seen.ContentLength);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(["a=1; Path=/", "b=2; Path=/"], response.Headers.GetValues("Set-Cookie"));
        Assert.Equal("/v1/projects/1", response.Headers.Location?.ToString());
        Assert.Equal("en", response.Content.Headers.ContentLanguage.Single());
    }

    [Fact]
    public async Task A_compressed_body_is_not_touched()
    {
        var seen = Capture();
        using var content = new ByteArrayContent([0x1f, 0x8b, 8, 0]);
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await system.Client.PostAsync("/v1/events", content);

        Assert.Equal("gzip", seen["Content-Encoding"]);
        Assert.Equal("4", seen["Content-Length"]);
    }

    [Fact]
    public async Task One_request_id_runs_through_the_system()
    {
        var seen = Capture();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/metrics");
        request.Headers.Add("X-Request-Id", "from-the-client");
        using var response = await system.Client.SendAsync(request);

        Assert.Equal("from-the-client", seen["X-Request-Id"]);
        Assert.Equal(["from-the-client"], response.Headers.GetValues("X-Request-Id"));
    }

    /// <summary>The headers of the next request at any service, filled when it comes.</summary>
    private Dictionary<string, string> Capture()
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var service in new[] { system.Identity, system.Ingest, system.Query })
            service.Answer = context =>
            {
                foreach (var (name, value) in context.Request.Headers)
                    seen[name] = value.ToString();
                return Task.CompletedTask;
            };
        return seen;
    }
}
