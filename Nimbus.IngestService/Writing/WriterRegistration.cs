using Nimbus.Events;
using Nimbus.Events.Schema;
using Nimbus.IngestService.People;
using Nimbus.IngestService.Retention;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Writing;

internal static class WriterRegistration
{
    /// <summary>What the writer needs: Redis and eventsdb, whose schema it brings.</summary>
    public static WebApplicationBuilder AddWriter(this WebApplicationBuilder builder)
    {
        builder.RequireConnectionString("eventsdb");
        builder.AddEventsDatabase(SchemaRole.Migrates);
        builder.Services.AddSettings<WriterOptions>("Nimbus:Writer").Validate(
            writer => writer.ClaimAfter > writer.StatementTimeout,
            "Nimbus:Writer:ClaimAfter must be longer than Nimbus:Writer:StatementTimeout.");
        builder.Services.CountFromZero<IngestMetrics>(metrics => metrics.BeginWriting());
        builder.Services.AddSingleton<WriterState>();
        builder.Services.AddHealthChecks().AddCheck<WriterState>("pipeline");
        builder.AddErasureJob();
        builder.Services.AddSingleton<LiveFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LiveFeed>());
        builder.Services.AddHostedService<WriterService>();
        builder.Services.AddHostedService<PipelineWatch>();
        builder.Services.AddHostedService<Housekeeping>();
        return builder.AddRetention();
    }
}
