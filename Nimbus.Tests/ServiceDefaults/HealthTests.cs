using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

public class HealthTests
{
    private const string Connection = "Host=db;Username=nimbus;Password=hunter22;Database=eventsdb";

    [Fact]
    public async Task A_service_without_dependencies_is_alive_and_ready()
    {
        await using var host = await DefaultsHost.StartAsync();

        foreach (var path in new[] { "/health", "/readiness", "/health/detailed" })
        {
            using var response = await host.Client.GetAsync(path);
            Assert.Equal(200, (int)response.StatusCode);
            Assert.Equal("healthy", (await ReadAsync(response)).GetProperty("status").GetString());
            using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal(200, (int)head.StatusCode);
        }
    }

    [Fact]
    public async Task A_service_whose_database_is_away_is_alive_but_not_ready_and_says_why()
    {
        await using var host = await StartWithCheckAsync(() => HealthCheckResult.Unhealthy("Nobody listens there."));

        using var alive = await host.Client.GetAsync("/health");
        using var ready = await host.Client.GetAsync("/readiness");
        using var detailed = await host.Client.GetAsync("/health/detailed");

        Assert.Equal(200, (int)alive.StatusCode);
        Assert.Equal(503, (int)ready.StatusCode);
        var problem = await ReadAsync(ready);
        Assert.Equal("not_ready", problem.GetProperty("code").GetString());
        Assert.Equal("Not healthy: database.", problem.GetProperty("detail").GetString());
        Assert.Equal(503, (int)detailed.StatusCode);
        var checks = (await ReadAsync(detailed)).GetProperty("checks");
        Assert.Equal(["database", "self"], checks.EnumerateArray().Select(check => check.GetProperty("name").GetString()));
        Assert.Equal("unhealthy", checks[0].GetProperty("status").GetString());
        Assert.Equal("Nobody listens there.", checks[0].GetProperty("description").GetString());
        Assert.True(checks[0].GetProperty("duration_ms").GetDouble() >= 0);
        Assert.Equal("healthy", checks[1].GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_degraded_service_still_takes_requests()
    {
        await using var host = await StartWithCheckAsync(() => HealthCheckResult.Degraded("Slow."));

        using var ready = await host.Client.GetAsync("/readiness");

        Assert.Equal(200, (int)ready.StatusCode);
        Assert.Equal("degraded", (await ReadAsync(ready)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_service_goes_on_without_what_it_can_do_without()
    {
        await using var host = await DefaultsHost.StartAsync(configure: builder =>
        {
            builder.Services.TolerateUnhealthy("cache");
            builder.Services.AddHealthChecks().AddCheck("cache", HealthCheckResult () => throw new TimeoutException("No answer."));
        });

        using var ready = await host.Client.GetAsync("/readiness");
        using var detailed = await host.Client.GetAsync("/health/detailed");

        Assert.Equal(200, (int)ready.StatusCode);
        Assert.Equal("degraded", (await ReadAsync(ready)).GetProperty("status").GetString());
        Assert.Equal("No answer.", (await ReadAsync(detailed)).GetProperty("checks")[0].GetProperty("description").GetString());
    }

    [Fact]
    public async Task What_a_check_repeats_of_the_settings_is_hidden()
    {
        await using var host = await StartWithCheckAsync(
            () => throw new InvalidOperationException($"Cannot open '{Connection}' (hunter22, secretword, {DefaultsHost.Secret}, cache:6379)."));

        var text = await (await host.Client.GetAsync("/health/detailed")).Content.ReadAsStringAsync();
        text += await (await host.Client.GetAsync("/readiness")).Content.ReadAsStringAsync();

        Assert.Contains("Cannot open", text, StringComparison.Ordinal);
        Assert.Contains("cache:6379", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter22", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secretword", text, StringComparison.Ordinal);
        Assert.DoesNotContain(DefaultsHost.Secret, text, StringComparison.Ordinal);
    }

    private static Task<DefaultsHost> StartWithCheckAsync(Func<HealthCheckResult> check) => DefaultsHost.StartAsync(
        configure: builder => builder.Services.AddHealthChecks().AddCheck("database", check),
        settings: new Dictionary<string, string?>
        {
            ["ConnectionStrings:eventsdb"] = Connection,
            ["ConnectionStrings:redis"] = "localhost:6379,password=secretword",
            ["ConnectionStrings:cache"] = "cache:6379",
        });

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
}
