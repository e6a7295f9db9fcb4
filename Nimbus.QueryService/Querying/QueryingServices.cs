using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Querying;

/// <summary>What every feature's queries stand on.</summary>
public static class QueryingServices
{
    public static IServiceCollection AddQuerying(this IServiceCollection services)
    {
        services.AddSettings<QueryLimits>("Nimbus:Query");
        services.CountFromZero<QueryMetrics>(metrics => metrics.Begin());
        return services.AddSingleton<QueryMetrics>().AddSingleton<QueryDatabase>()
            .AddSingleton<ProjectSnapshots>().AddSingleton<QueryGate>().AddSingleton<AnswerCache>().AddSingleton<PartCache>()
            .AddSingleton<IdKeys>().AddSingleton<TraitReader>().AddSingleton<PeopleReader>().AddSingleton<Insights>();
    }
}
