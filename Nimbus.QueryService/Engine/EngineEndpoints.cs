using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Engine;

/// <summary>Registers the engine.</summary>
public static class EngineEndpoints
{
    public static IServiceCollection AddEngine(this IServiceCollection services)
    {
        services.AddSettings<EngineOptions>("Nimbus:Engine");
        services.AddSingleton<EngineFolder>().AddSingleton<EngineMetrics>().AddSingleton<EngineService>()
            .AddHostedService(provider => provider.GetRequiredService<EngineService>());
        services.CountFromZero<EngineMetrics>(metrics => metrics.Begin())
            .WatchDisk("engine", provider => provider.GetRequiredService<EngineFolder>().Path);
        services.AddHealthChecks().AddCheck<EngineService>("engine");
        return services;
    }

    /// <summary>What the other services ask. Needs a service's token, and the gateway does not route it.</summary>
    public static void MapEngine(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/projects/{projectId:guid}/engine", GetStatus)
            .RequireAuthorization(Policies.Service).ExcludeFromDescription();

    internal static Task<EngineStatus> GetStatus(Guid projectId, ProjectSnapshots projects, CancellationToken ct) =>
        projects.StatusAsync(projectId, ct);
}
