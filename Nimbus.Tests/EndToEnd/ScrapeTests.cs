using System.Net;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>What an operator's tools read of each service.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class ScrapeTests(NimbusSystem nimbus)
{
    [Theory]
    [InlineData("ingest", "nimbus_events_received_total", "nimbus_ingest_duration_seconds_count")]
    [InlineData("ingest-writer", "nimbus_events_ingested_total", "nimbus_events_duplicate_total", "nimbus_pipeline_lag_seconds", "nimbus_dead_letters", "nimbus_active_projects")]
    [InlineData("query", "nimbus_query_duration_seconds_count", "http_server_request_duration_seconds_count")]
    [InlineData("identity", "http_server_request_duration_seconds_count")]
    public async Task A_service_shows_its_metrics_and_its_health(string service, params string[] metrics)
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(new NimbusEvent("seen"));
        await project.WaitForCountAsync(1);

        using var http = nimbus.Service(service);
        var page = await http.GetStringAsync("/metrics");
        foreach (var metric in metrics)
            Assert.Contains(page.Split('\n'), line => line.StartsWith(metric, StringComparison.Ordinal));
        foreach (var path in (string[])["/health", "/readiness", "/health/detailed"])
        {
            using var answer = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_gateway_keeps_the_metrics_of_the_services_to_itself()
    {
        using var answer = await nimbus.Gateway.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
