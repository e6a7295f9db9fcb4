using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.ServiceDefaults;

public class TelemetryTests
{
    [Fact]
    public async Task Traces_metrics_and_logs_reach_a_collector_and_probes_leave_no_trace()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await StartCollectorAsync(received);
        using var source = new ActivitySource("Nimbus.Tests." + Guid.NewGuid().ToString("N"));

        await using (var host = await DefaultsHost.StartAsync(
            app => app.MapGet("/things/{id}", (int id, ILogger<TelemetryTests> logger) =>
            {
                using var work = source.StartActivity("nimbus-own-work");
                LogThing(logger, id, null);
                return id;
            }),
            settings: new Dictionary<string, string?>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_SERVICE_NAME"] = "a-nimbus-service",
                ["OTEL_TRACES_SAMPLER"] = "always_on",
            }))
        {
            await host.Client.GetStringAsync("/things/4711?access_token=hunter2");
            await host.Client.GetStringAsync("/health");
            await host.Client.GetStringAsync("/readiness");
            await host.Client.GetStringAsync("/metrics");
            await host.StopAsync();
        }

        var traces = received["/v1/traces"];
        Assert.Contains("a-nimbus-service", traces, StringComparison.Ordinal);
        Assert.Contains("GET /things/{id}", traces, StringComparison.Ordinal);
        Assert.Contains("http.response.status_code", traces, StringComparison.Ordinal);
        Assert.Contains("nimbus-own-work", traces, StringComparison.Ordinal);
        // Spans of clients in this process are named "GET" alone; these would be the server's.
        Assert.DoesNotContain("GET /health", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /readiness", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /metrics", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", traces, StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", received["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("Looked at thing 4711", received["/v1/logs"], StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", received["/v1/logs"], StringComparison.Ordinal);
    }

    private static readonly Action<ILogger, int, Exception?> LogThing =
        LoggerMessage.Define<int>(LogLevel.Information, default, "Looked at thing {Id}");

    /// <summary>Keeps the bodies by path, as text: protobuf leaves strings readable.</summary>
    private static async Task<WebApplication> StartCollectorAsync(ConcurrentDictionary<string, string> received)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/v1/{signal}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            received.AddOrUpdate(request.Path, Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
        });
        await app.StartAsync();
        return app;
    }
}
