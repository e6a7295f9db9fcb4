using System.Net;
using Microsoft.AspNetCore.Http;

namespace Nimbus.Tests.Gateway;

public sealed class CrossOriginTests(GatewaySystem system) : IClassFixture<GatewaySystem>, IDisposable
{
    private const string Site = "https://shop.example";

    public void Dispose() => system.Forget();

    [Theory]
    [InlineData("/v1/events", "POST")]
    [InlineData("/events", "POST")]
    [InlineData("/v1/projects/nbw_abc/settings", "GET")]
    public async Task A_preflight_of_ingestion_is_answered_without_a_service(string path, string method)
    {
        using var response = await SendAsync(HttpMethod.Options, path, asksFor: method);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(Site, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal("authorization,x-retry-count", Header(response, "Access-Control-Allow-Headers"));
        Assert.Contains(method, Header(response, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal("7200", Header(response, "Access-Control-Max-Age"));
        Assert.Equal("Origin", Header(response, "Vary"));
    }

    [Fact]
    public async Task An_options_request_that_is_no_preflight_is_answered_too()
    {
        using var response = await system.Client.SendAsync(new(HttpMethod.Options, "/v1/events"));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory]
    [InlineData(202)]
    [InlineData(401)]
    [InlineData(503)]
    public async Task Ingestion_echoes_the_origin_on_every_answer(int status)
    {
        system.Ingest.Answer = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("{}");
        };

        using var response = await SendAsync(HttpMethod.Post, "/v1/events");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(Site, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal("Retry-After", Header(response, "Access-Control-Expose-Headers"));
        Assert.Contains("Origin", Header(response, "Vary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ingestion_echoes_the_origin_when_its_service_breaks()
    {
        system.Ingest.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        using var response = await SendAsync(HttpMethod.Post, "/v1/events");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(Site, Header(response, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("GET", "/v1/events", null)]
    [InlineData("GET", "/v1/projects", null)]
    [InlineData("OPTIONS", "/v1/projects", "GET")]
    [InlineData("OPTIONS", "/v1/auth/login", "POST")]
    [InlineData("OPTIONS", "/v1/events", "GET")]
    public async Task Nothing_else_is_open_to_other_sites(string method, string path, string? asksFor)
    {
        using var response = await SendAsync(new HttpMethod(method), path, asksFor);
        Assert.DoesNotContain(response.Headers, h => h.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_configured_origin_may_call_everything()
    {
        await using var gateway = GatewayHost.Start(new()
        {
            ["services:identity:http:0"] = system.Identity.Address.ToString(),
            ["Nimbus:Cors:AllowedOrigins:0"] = Site,
        });
        using var client = new HttpClient { BaseAddress = gateway.Address };

        using var preflight = await SendAsync(HttpMethod.Options, "/v1/projects", "PATCH", client);
        using var call = await SendAsync(HttpMethod.Get, "/v1/projects", null, client);
        using var stranger = await SendAsync(HttpMethod.Get, "/v1/projects", null, client, "https://other.example");

        Assert.Equal(Site, Header(preflight, "Access-Control-Allow-Origin"));
        Assert.Equal("PATCH", Header(preflight, "Access-Control-Allow-Methods"));
        Assert.Equal(Site, Header(call, "Access-Control-Allow-Origin"));
        Assert.Equal("", Header(stranger, "Access-Control-Allow-Origin"));
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? asksFor = null, HttpClient? client = null, string origin = Site)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Origin", origin);
        if (asksFor is not null)
        {
            request.Headers.Add("Access-Control-Request-Method", asksFor);
            request.Headers.Add("Access-Control-Request-Headers", "authorization,x-retry-count");
        }
        return await (client ?? system.Client).SendAsync(request);
    }

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}
