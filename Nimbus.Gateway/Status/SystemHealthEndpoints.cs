using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Status;

internal static class SystemHealthEndpoints
{
    public static void MapSystemHealth(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/health", GetSystemHealth).AllowAnonymous().ExcludeFromDescription();

    /// <summary>200 when every service is ready, else 503 <c>not_ready</c> with the state of each.</summary>
    private static async Task<Results<Ok<SystemHealth>, ProblemHttpResult>> GetSystemHealth(
        ServiceProbes probes, CancellationToken ct)
    {
        var answers = await probes.AskAsync("/readiness", ReadAsync, each: true, new ServiceHealth(ServiceState.Unreachable), ct);
        var services = answers.ToDictionary(a => a.Service, a => a.Result);
        var failing = services.Where(s => s.Value.Status != ServiceState.Healthy).Select(s => s.Key).ToList();
        if (failing is [])
            return TypedResults.Ok(new SystemHealth(ServiceState.Healthy, ServiceVersion.Current, services));

        var problem = Problem.Of(
            StatusCodes.Status503ServiceUnavailable, "not_ready", $"Not ready: {string.Join(", ", failing)}.");
        problem.ProblemDetails.Extensions["services"] = services;
        return problem;
    }

    private static async Task<ServiceHealth> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode)
            return new(ServiceState.Healthy);
        var text = await response.Content.ReadAsStringAsync(ct);
        return new(ServiceState.Unhealthy, Checks(text));
    }

    private static JsonNode? Checks(string readiness)
    {
        try
        {
            return JsonNode.Parse(readiness)?["checks"]?.DeepClone();
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
