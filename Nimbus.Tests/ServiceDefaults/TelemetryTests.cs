using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.ServiceDefaults;

public class TelemetryTests
{
    [Theory]
    [InlineData("http/protobuf", "/v1/traces", "/v1/metrics", "/v1/logs")]
    [InlineData("grpc",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export")]
    public async Task Traces_metrics_and_logs_reach_a_collector_and_probes_leave_no_trace(
        string protocol, string tracesPath, string metricsPath, string logsPath)
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await StartCollectorAsync(received, isGrpc: protocol == "grpc");
        using var source = new ActivitySource("Nimbus.Tests." + Guid.NewGuid().ToString("N"));

        await using (var host = await DefaultsHost.StartAsync(
            app =>
            {
                app.MapGet("/v1/shared/dashboards/{token}", (string token) => token);
                app.MapGet("/things/{id}", (int id, ILogger<TelemetryTests> logger) =>
                {
                    using var work = source.StartActivity("nimbus-own-work");
                    LogThing(logger, id, null);
                    return id;
                });
            },
            settings: new Dictionary<string, string?>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
                ["OTEL_SERVICE_NAME"] = "a-nimbus-service",
                ["OTEL_TRACES_SAMPLER"] = "always_on",
            }))
        {
            await host.Client.GetStringAsync("/things/4711?access_token=hunter2");
            await host.Client.GetStringAsync("/v1/shared/dashboards/nbl_hunter2?a=b");
            await host.Client.GetStringAsync("/health");
            await host.Client.GetStringAsync("/readiness");
            await host.Client.GetStringAsync("/metrics");
            await host.StopAsync();
        }

        var traces = received[tracesPath];
        Assert.Contains("a-nimbus-service", traces, StringComparison.Ordinal);
        Assert.Contains("GET /things/{id}", traces, StringComparison.Ordinal);
        Assert.Contains("http.response.status_code", traces, StringComparison.Ordinal);
        Assert.Contains("nimbus-own-work", traces, StringComparison.Ordinal);
        // Spans of clients in this process are named "GET" alone; these would be the server's.
        Assert.DoesNotContain("GET /health", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /readiness", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /metrics", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", traces, StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", received[metricsPath], StringComparison.Ordinal);
        Assert.Contains("Looked at thing 4711", received[logsPath], StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", received[logsPath], StringComparison.Ordinal);
    }

    private static readonly Action<ILogger, int, Exception?> LogThing =
        LoggerMessage.Define<int>(LogLevel.Information, default, "Looked at thing {Id}");

    /// <summary>Keeps the bodies by path, as text: protobuf leaves strings readable.</summary>
    private static async Task<WebApplication> StartCollectorAsync(ConcurrentDictionary<string, string> received, bool isGrpc)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/{**path}", async context =>
        {
            using var buffer = new MemoryStream();
            await context.Request.Body.CopyToAsync(buffer);
            var body = Encoding.Latin1.GetString(buffer.ToArray());
            received.AddOrUpdate(context.Request.Path, body, (_, before) => before + body);
            if (!isGrpc)
                return;
            // An empty message, and all is well.
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync();
        return app;
    }
}
