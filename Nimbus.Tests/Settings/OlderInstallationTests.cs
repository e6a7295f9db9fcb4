using System.Net;
using System.Net.Http.Json;
using Nimbus.Tests.Hosting;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.Tests.Settings;

/// <summary>Services that are given nothing but the environment of an earlier installation, over the running system's stores.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class OlderInstallationTests(NimbusSystem nimbus)
{
    [Theory]
    [InlineData("""["http://localhost:3000","https://app.example.com"]""")]
    [InlineData("http://localhost:3000,https://app.example.com")]
    public async Task An_environment_of_older_names_starts_a_gateway_with_the_origins_it_allows(string origins)
    {
        await using var gateway = await ServiceProcess.StartAsync("Nimbus.Gateway.dll", new()
        {
            ["NIMBUS_JWT_SECRET"] = NimbusSystem.JwtSecret,
            ["NIMBUS_ALLOWED_ORIGINS"] = origins,
        }, ready: "/health");

        foreach (var (origin, allowed) in new[] { ("https://app.example.com", true), ("http://localhost:3000", true), ("https://other.example.com", false) })
        {
            using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/projects")
            {
                Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "GET" } },
            };
            using var answer = await gateway.Client.SendAsync(preflight);
            Assert.Equal(allowed, answer.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task An_environment_of_older_names_starts_an_identity_service_that_warns_of_the_useless_ones()
    {
        var database = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("identitydb"));
        var redis = ConfigurationOptions.Parse(await nimbus.ConnectionStringAsync("redis"));
        var redisHost = redis.EndPoints.Single() switch
        {
            IPEndPoint ip => $"{ip.Address}:{ip.Port}",
            DnsEndPoint name => $"{name.Host}:{name.Port}",
            var other => throw new InvalidOperationException($"{other} has no port"),
        };
        await using var identity = await ServiceProcess.StartAsync("Nimbus.IdentityService.dll", new()
        {
            ["NIMBUS_DATABASE_URL"] = "postgresql+asyncpg://"
                + $"{Uri.EscapeDataString(database.Username!)}:{Uri.EscapeDataString(database.Password!)}@{database.Host}:{database.Port}/{database.Database}",
            ["NIMBUS_REDIS_URL"] = $"redis://:{Uri.EscapeDataString(redis.Password ?? "")}@{redisHost}/0",
            ["NIMBUS_JWT_SECRET"] = NimbusSystem.JwtSecret,
            ["NIMBUS_RATE_LIMIT_ENABLED"] = "false",
            ["NIMBUS_DB_MAX_OVERFLOW"] = "20",
            ["Nimbus__MasterKey"] = NimbusSystem.MasterKey,
            ["Nimbus__MasterKeys"] = "hunter2",
        });

        using var answer = await identity.Client.PostAsJsonAsync(
            "/v1/auth/register", new { email = $"{Guid.NewGuid():N}@example.com", password = "correct horse battery" });

        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        Assert.Contains("Nimbus__MasterKeys has no effect", identity.Output, StringComparison.Ordinal);
        Assert.Contains("NIMBUS_DB_MAX_OVERFLOW has no effect", identity.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", identity.Output, StringComparison.Ordinal);
    }
}
