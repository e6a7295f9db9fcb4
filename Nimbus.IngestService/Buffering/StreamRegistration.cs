using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Buffering;

internal static class StreamRegistration
{
    /// <summary>What both roles have: Redis, how the stream is spread, and what is counted.</summary>
    public static WebApplicationBuilder AddEventStream(this WebApplicationBuilder builder)
    {
        builder.RequireConnectionString("redis", ConnectionKind.Redis);
        builder.AddRedisClient("redis");
        builder.Services.AddSettings<ShardOptions>("Nimbus:Events");
        builder.Services.AddSingleton<Backlog>();
        builder.Services.AddSingleton<IngestMetrics>();
        return builder;
    }
}
