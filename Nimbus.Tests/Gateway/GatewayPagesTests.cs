using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Nimbus.Tests.Gateway;

public sealed partial class GatewayPagesTests(GatewaySystem system) : IClassFixture<GatewaySystem>, IDisposable
{
    public void Dispose() => system.Forget();

    [Fact]
    public async Task The_document_covers_every_service_and_is_kept()
    {
        var asked = 0;
        foreach (var (service, path) in new[]
        {
            (system.Identity, "/v1/auth/me"), (system.Ingest, "/v1/projects/{id}/dead-letters"), (system.Query, "/v1/metrics"),
        })
        {
            service.Answer = context =>
            {
                Interlocked.Increment(ref asked);
                return context.Response.WriteAsync($$"""{ "openapi": "3.1.1", "paths": { "{{path}}": { "get": {} } } }""");
            };
        }

        var first = JsonNode.Parse(await system.Client.GetStringAsync("/openapi.json"))!;
        var second = JsonNode.Parse(await system.Client.GetStringAsync("/openapi.json"))!;

        var paths = first["paths"]!.AsObject().Select(p => p.Key).ToList();
        Assert.Equal(["/v1/auth/me", "/v1/projects/{id}/dead-letters", "/v1/metrics"], paths.TakeLast(3));
        Assert.Contains("/v1/health", paths);
        Assert.Null(first["x-nimbus-unavailable"]);
        Assert.True(JsonNode.DeepEquals(first, second));
        Assert.Equal(3, asked);
    }

    [Theory]
    [InlineData("/docs/index.html")]
    [InlineData("/redoc/index.html")]
    public async Task The_pages_ask_no_other_host_for_anything(string path)
    {
        using var response = await system.Client.GetAsync(path);
        var html = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotMatch(ForeignAddress(), html);
        Assert.StartsWith("default-src 'self';", response.Headers.GetValues("Content-Security-Policy").Single());
        foreach (Match file in LocalFile().Matches(html))
        {
            using var answer = await system.Client.GetAsync(new Uri(new Uri(system.Address, path), file.Groups[1].Value));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_system_is_healthy_when_every_service_is_ready()
    {
        foreach (var service in new[] { system.Identity, system.Ingest, system.Query })
            service.Answer = context => context.Response.WriteAsync("""{"status":"healthy"}""");

        var health = JsonNode.Parse(await system.Client.GetStringAsync("/v1/health"))!;

        Assert.Equal("healthy", (string?)health["status"]);
        Assert.Equal(["identity", "ingest", "query"], health["services"]!.AsObject().Select(s => s.Key));
    }

    [Fact]
    public async Task A_service_that_is_not_ready_is_named_with_what_it_says()
    {
        var asked = 0;
        system.Identity.Answer = system.Query.Answer = _ => Task.CompletedTask;
        system.Ingest.Answer = context =>
        {
            asked++;
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync("""{"code":"not_ready","checks":[{"name":"redis"}]}""");
        };

        using var response = await system.Client.GetAsync("/v1/health");
        var health = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("not_ready", (string?)health["code"]);
        Assert.Equal("Not ready: ingest.", (string?)health["detail"]);
        Assert.Equal("unhealthy", (string?)health["services"]!["ingest"]!["status"]);
        Assert.Equal("redis", (string?)health["services"]!["ingest"]!["checks"]![0]!["name"]);
        Assert.Equal("healthy", (string?)health["services"]!["identity"]!["status"]);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task The_front_page_shows_the_way()
    {
        var welcome = JsonNode.Parse(await system.Client.GetStringAsync("/"))!;
        Assert.Equal("/docs", (string?)welcome["docs"]);
    }

    [GeneratedRegex("""(src|href)=["'](https?:)?//""")]
    private static partial Regex ForeignAddress();

    [GeneratedRegex("""(?:src|href)=["'](?!data:)([^"'#]+)["']""")]
    private static partial Regex LocalFile();
}
