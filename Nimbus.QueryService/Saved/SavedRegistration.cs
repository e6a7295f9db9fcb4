using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Saved;

/// <summary>What people save about a project.</summary>
public static class SavedRegistration
{
    public static IServiceCollection AddSaved(this IServiceCollection services)
    {
        services.AddSettings<SavedOptions>("Nimbus:Saved");
        return services.AddSingleton<SavedDatabase>().AddSingleton<SavedTable>().AddSingleton<SavedAnswers>()
            .AddSingleton<DashboardReader>().AddSingleton<DashboardLinks>();
    }

    public static void MapSaved(this IEndpointRouteBuilder routes)
    {
        routes.MapSavedInsights();
        routes.MapDashboards();
        routes.MapSharedDashboards();
        routes.MapAnnotations();
    }
}
