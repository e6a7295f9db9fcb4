using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Gateway;

[Collection(NimbusSystem.Collection)]
public sealed class RequestLimitTests(GatewaySystem system, NimbusSystem nimbus) : IClassFixture<GatewaySystem>
{
    private static int _nextAddress;

    [Fact]
    public async Task A_stranger_is_stopped_at_the_limit_on_every_gateway_and_told_for_how_long()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        var stranger = NewAddress();

        for (var remaining = 2; remaining >= 0; remaining--)
        {
            using var passed = await GetAsync(remaining == 1 ? second : first, "/v1/metrics", stranger);
            Assert.Equal(HttpStatusCode.NotFound, passed.StatusCode); // the upstream's
            Assert.Equal("3", passed.Headers.GetValues("RateLimit-Limit").Single());
            Assert.Equal($"{remaining}", passed.Headers.GetValues("RateLimit-Remaining").Single());
        }
        foreach (var gateway in new[] { first, second })
        {
            using var refused = await GetAsync(gateway, "/v1/metrics", stranger);
            Assert.Equal("rate_limited", await GatewaySystem.CodeOfAsync(refused));
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 20);
            Assert.Equal("0", refused.Headers.GetValues("RateLimit-Remaining").Single());
        }
        using var other = await GetAsync(first, "/v1/metrics", NewAddress());
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task A_signed_in_user_has_a_limit_of_their_own_wherever_they_are()
    {
        await using var gateway = await StartAsync();
        var token = NewToken(Guid.CreateVersion7());
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(gateway, "/v1/metrics", NewAddress(), token)).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await GetAsync(gateway, "/v1/metrics", NewAddress(), token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound,
            (await GetAsync(gateway, "/v1/metrics", NewAddress(), NewToken(Guid.CreateVersion7()))).StatusCode);
    }

    [Fact]
    public async Task Ingestion_preflights_and_probes_are_not_limited_here()
    {
        await using var gateway = await StartAsync();
        var address = NewAddress();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(gateway, HttpMethod.Post, "/v1/events", address)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(gateway, "/v1/projects/nbw_x/settings", address)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(gateway, "/health", address)).StatusCode);
        }
    }

    [Fact]
    public async Task Without_Redis_requests_pass_and_the_metric_says_so()
    {
        await using var gateway = await StartAsync(redis: "127.0.0.1:1,abortConnect=false,connectTimeout=200");
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(gateway, "/v1/metrics", "203.0.113.250")).StatusCode);
        using var client = new HttpClient { BaseAddress = gateway.Address };
        Assert.Contains("nimbus_rate_limit_unavailable_total", await client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_can_be_switched_off()
    {
        await using var gateway = await StartAsync(enabled: false);
        var address = NewAddress();
        for (var i = 0; i < 5; i++)
        {
            using var answer = await GetAsync(gateway, "/v1/metrics", address);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.False(answer.Headers.Contains("RateLimit-Limit"));
        }
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::")]
    public void An_address_counts_alone_and_of_IPv6_the_64_bits_that_one_customer_has(string address, string name) =>
        Assert.Equal(name, TokenBuckets.NameOf(IPAddress.Parse(address)));

    private async Task<GatewayHost> StartAsync(bool enabled = true, string? redis = null) => GatewayHost.Start(new()
    {
        ["services:identity:http:0"] = system.Identity.Address.ToString(),
        ["services:ingest:http:0"] = system.Ingest.Address.ToString(),
        ["services:query:http:0"] = system.Query.Address.ToString(),
        ["ConnectionStrings:redis"] = redis ?? await nimbus.ConnectionStringAsync("redis"),
        ["Nimbus:Jwt:Secret"] = NimbusSystem.JwtSecret,
        ["Nimbus:TrustedProxies:0"] = "127.0.0.1",
        ["Nimbus:Gateway:Metrics"] = "true",
        ["Nimbus:RateLimit:Enabled"] = $"{enabled}",
        ["Nimbus:RateLimit:AnonymousPerMinute"] = "3",
        ["Nimbus:RateLimit:SignedInPerMinute"] = "5",
    });

    /// <summary>One that no other test has asked from.</summary>
    private static string NewAddress() =>
        string.Create(CultureInfo.InvariantCulture, $"198.51.100.{Interlocked.Increment(ref _nextAddress)}");

    private static string NewToken(Guid user) =>
        new TokenIssuer(new HmacKey(Encoding.UTF8.GetBytes(NimbusSystem.JwtSecret)), TimeProvider.System)
            .Issue(new AccessToken(user, Guid.CreateVersion7(), Audiences.User, TimeSpan.FromMinutes(5)));

    private static Task<HttpResponseMessage> GetAsync(GatewayHost gateway, string path, string address, string? token = null) =>
        SendAsync(gateway, HttpMethod.Get, path, address, token);

    private static async Task<HttpResponseMessage> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string address, string? token = null)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Forwarded-For", address);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await client.SendAsync(request);
    }
}
