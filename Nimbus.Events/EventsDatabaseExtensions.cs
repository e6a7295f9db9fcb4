using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Nimbus.Events.Schema;

namespace Nimbus.Events;

/// <summary>Connects a service to eventsdb.</summary>
public static class EventsDatabaseExtensions
{
    /// <summary>
    /// Registers the <see cref="Npgsql.NpgsqlDataSource"/> of connection "eventsdb" and <see cref="EventsSchema"/>, whose
    /// <see cref="EventsSchema.Ready"/> is to be awaited before the first statement. Not ready until the schema is there.
    /// </summary>
    public static TBuilder AddEventsDatabase<TBuilder>(this TBuilder builder, SchemaRole role = SchemaRole.Waits)
        where TBuilder : IHostApplicationBuilder
    {
        // A name of its own: metrics carry it, and would carry the connection string else.
        builder.AddNpgsqlDataSource("eventsdb", configureDataSourceBuilder: source => source.Name = "eventsdb");
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<EventsSchema>();
        builder.Services.AddHostedService(services =>
            ActivatorUtilities.CreateInstance<EventsSchemaService>(services, role));
        builder.Services.AddHealthChecks().AddCheck<EventsSchemaCheck>("eventsdb-schema", tags: ["ready"]);
        return builder;
    }
}
