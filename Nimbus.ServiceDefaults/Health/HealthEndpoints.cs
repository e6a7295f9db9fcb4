using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Nimbus.ServiceDefaults;

/// <summary>What orchestrators, load balancers and people ask a service about itself.</summary>
public static class HealthEndpoints
{
    private const string NotReadyCode = "not_ready";
    private static readonly string[] GetOrHead = ["GET", "HEAD"];

    /// <summary>
    /// <c>/health</c>: the process is alive, whatever it depends on. <c>/readiness</c>: all of that is there too, and nobody has
    /// asked the service to stop, else 503 <c>not_ready</c> with what is wrong. <c>/health/detailed</c>: each check with its outcome and time.
    /// </summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/health", GetOrHead, Alive).AsProbe();
        routes.MapMethods("/readiness", GetOrHead, Ready).AsProbe();
        routes.MapMethods("/health/detailed", GetOrHead, Detailed).AsProbe();
        return routes;
    }

    internal static async Task<Results<Ok<HealthSummary>, ProblemHttpResult>> Ready(
        HealthCheckService checks, IHostApplicationLifetime lifetime, IConfiguration configuration, CancellationToken ct)
    {
        // No check of its own: each time that one is unhealthy is logged as an error.
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return Problem.Of(StatusCodes.Status503ServiceUnavailable, NotReadyCode, "The service is asked to stop.");
        var health = HealthDetails.Of(await checks.CheckHealthAsync(ct), new Secrets(configuration));
        return health.Status == HealthStatus.Unhealthy
            ? NotReady(health)
            : TypedResults.Ok(new HealthSummary(health.Status));
    }

    internal static async Task<Ok<HealthSummary>> Alive(HealthCheckService checks, CancellationToken ct)
    {
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains(HealthRegistration.Live), ct);
        return TypedResults.Ok(new HealthSummary(report.Status));
    }

    internal static async Task<JsonHttpResult<HealthDetails>> Detailed(
        HealthCheckService checks, IConfiguration configuration, CancellationToken ct)
    {
        var health = HealthDetails.Of(await checks.CheckHealthAsync(ct), new Secrets(configuration));
        return TypedResults.Json(health, statusCode: health.Status == HealthStatus.Unhealthy
            ? StatusCodes.Status503ServiceUnavailable
            : StatusCodes.Status200OK);
    }

    private static ProblemHttpResult NotReady(HealthDetails health)
    {
        var failing = health.Checks.Where(check => check.Status == HealthStatus.Unhealthy).ToList();
        var problem = Problem.Of(
            StatusCodes.Status503ServiceUnavailable,
            NotReadyCode,
            $"Not healthy: {string.Join(", ", failing.Select(check => check.Name))}.");
        problem.ProblemDetails.Extensions["checks"] = failing;
        return problem;
    }

    // Not measured as requests: a service that is not ready yet would count as one that fails.
    private static void AsProbe(this RouteHandlerBuilder endpoint) =>
        endpoint.AllowAnonymous().WithMetadata(ProbeMetadata.Instance).DisableHttpMetrics().ExcludeFromDescription();
}
