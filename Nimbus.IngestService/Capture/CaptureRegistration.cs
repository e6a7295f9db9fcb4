using Nimbus.IngestService.ApiKeys;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Traffic;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Capture;

internal static class CaptureRegistration
{
    /// <summary>What the HTTP side needs: Redis and identity. It works while PostgreSQL is away.</summary>
    public static WebApplicationBuilder AddCapture(this WebApplicationBuilder builder)
    {
        builder.Services.AddOpenApi();
        builder.Services.AddSettings<IngestOptions>("Nimbus:Ingest");

        builder.Services.AddHttpClient(IdentityKeys.Client, client => client.BaseAddress = new Uri("https+http://identity"))
            .AddServiceToken();
        builder.Services.AddSingleton<IdentityKeys>();
        builder.Services.AddSingleton<KeyDirectory>();
        builder.Services.AddHostedService<KeyChanges>();

        builder.Services.CountFromZero<IngestMetrics>(metrics => metrics.BeginIntake());
        builder.Services.AddSingleton<RedisDurability>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RedisDurability>());
        builder.Services.AddHealthChecks().AddCheck<RedisDurability>("redis-durability").AddCheck<BacklogCheck>("pipeline");
        builder.Services.AddSingleton<EventStream>();

        builder.Services.AddSingleton<CommitWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CommitWatch>());

        builder.Services.AddTokenBuckets();
        builder.Services.AddSingleton<IntakeLimit>();
        builder.Services.AddSingleton<Authenticator>();
        builder.Services.AddSettings<TrafficOptions>("Nimbus:Ingest:Traffic");
        builder.Services.AddSingleton<TrafficTagger>();
        builder.Services.AddSingleton<EventCapture>();
        return builder;
    }
}
