using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Querying;

/// <summary>What every feature's queries stand on.</summary>
public static class QueryingServices
{
    /// <summary>Registers the read replica of eventsdb where there is a connection to it.</summary>
    public static TBuilder AddReadReplica<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        if (!builder.HasConnectionString(ReadReplica.Connection))
            return builder;
        // Its own check: without it everything goes on.
        builder.AddKeyedNpgsqlDataSource(
            ReadReplica.Connection, settings => settings.DisableHealthChecks = true, source => source.Name = ReadReplica.Connection);
        builder.Services.AddSingleton<ReadReplica>().AddHealthChecks().AddCheck<ReadReplica>(ReadReplica.Connection);
        return builder;
    }

    public static IServiceCollection AddQuerying(this IServiceCollection services)
    {
        services.AddSettings<QueryLimits>("Nimbus:Query");
        services.CountFromZero<QueryMetrics>(metrics => metrics.Begin());
        return services.AddSingleton<QueryMetrics>().AddSingleton<SnapshotSource>().AddSingleton<QueryDatabase>()
            .AddSingleton<ProjectSnapshots>().AddSingleton<QueryGate>().AddSingleton<AnswerCache>().AddSingleton<PartCache>()
            .AddSingleton<IdKeys>().AddSingleton<TraitReader>().AddSingleton<PeopleReader>().AddSingleton<Insights>();
    }
}
