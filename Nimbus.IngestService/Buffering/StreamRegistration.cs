using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Buffering;

internal static class StreamRegistration
{
    /// <summary>What both roles have: Redis, how the stream is spread, and what is counted.</summary>
    public static WebApplicationBuilder AddEventStream(this WebApplicationBuilder builder)
    {
        builder.RequireConnectionString("redis", ConnectionKind.Redis);
        // The client counts asking a server of a cluster for its settings among what only admins do.
        builder.AddRedisClient("redis", configureOptions: redis => redis.AllowAdmin = true);
        builder.Services.AddSettings<ShardOptions>("Nimbus:Events");
        builder.Services.AddSingleton<Backlog>();
        builder.Services.AddSingleton<IngestMetrics>();
        return builder;
    }
}
