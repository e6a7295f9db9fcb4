using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Traces, metrics and logs over OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to, and metrics for Prometheus
/// always. The instruments are the framework's and Npgsql's own, and ours: every source and meter named <c>Nimbus.*</c>.
/// </summary>
internal static class TelemetryRegistration
{
    private static readonly string[] Sources =
    [
        "Microsoft.AspNetCore",
        "System.Net.Http",
        "Npgsql",
        "Yarp.ReverseProxy",
        "Nimbus.*",
    ];

    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.Http.Connections",
        "Microsoft.AspNetCore.Routing",
        "Microsoft.AspNetCore.Diagnostics",
        "Microsoft.AspNetCore.RateLimiting",
        "Microsoft.AspNetCore.Authentication",
        "Microsoft.AspNetCore.Authorization",
        "System.Net.Http",
        "System.Net.NameResolution",
        "System.Runtime",
        "Npgsql",
        "Polly",
        "Nimbus.*",
    ];

    /// <summary>
    /// The SDK's buckets suit milliseconds: in seconds nearly everything would fall into the first. These are what the
    /// conventions give for the duration of requests; an instrument that brings buckets of its own keeps them.
    /// </summary>
    private static readonly double[] SecondBounds =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // The framework names and tags its request spans by OpenTelemetry's conventions only when asked to.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);

        var service = builder.Configuration["OTEL_SERVICE_NAME"] ?? builder.Environment.ApplicationName;
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service))
            .WithMetrics(metrics => metrics
                .AddMeter(Meters)
                .AddView(SecondsAsSeconds)
                .AddReader(services => services.GetRequiredService<PrometheusReader>()));
        builder.Services.AddSingleton<PrometheusReader>();

        // Without a place to send them to, spans are not made at all.
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return;
        telemetry
            .WithTracing(tracing => tracing.AddSource(Sources).AddProcessor(new SecretAddresses()))
            .WithLogging(configureBuilder: null, logs =>
            {
                logs.IncludeFormattedMessage = true;
                logs.IncludeScopes = true;
            })
            .UseOtlpExporter();
    }

    private static ExplicitBucketHistogramConfiguration? SecondsAsSeconds(Instrument instrument) =>
        instrument is Histogram<double> { Unit: "s", Advice: null }
            ? new ExplicitBucketHistogramConfiguration { Boundaries = SecondBounds }
            : null;
}
