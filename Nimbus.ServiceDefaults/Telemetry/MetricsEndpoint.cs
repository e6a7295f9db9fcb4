using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Nimbus.ServiceDefaults;

/// <summary>What Prometheus scrapes.</summary>
public static class MetricsEndpoint
{
    /// <summary><c>GET /metrics</c>: everything that the service counts and measures, in Prometheus' text format 0.0.4.</summary>
    public static IEndpointRouteBuilder MapMetrics(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/metrics", Scrape)
            .AllowAnonymous().WithMetadata(ProbeMetadata.Instance).DisableHttpMetrics().ExcludeFromDescription();
        return routes;
    }

    internal static async Task<ContentHttpResult> Scrape(PrometheusReader metrics, CancellationToken ct) =>
        TypedResults.Text(await metrics.ScrapeAsync(ct), "text/plain; version=0.0.4; charset=utf-8");
}
