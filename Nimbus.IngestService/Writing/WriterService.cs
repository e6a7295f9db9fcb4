using Microsoft.Extensions.Options;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using StackExchange.Redis;

namespace Nimbus.IngestService.Writing;

/// <summary>Runs the lanes of all shards once eventsdb has its schema.</summary>
internal sealed class WriterService(
    IServiceProvider services,
    EventsSchema schema,
    IConnectionMultiplexer redis,
    IConfiguration configuration,
    IOptions<WriterOptions> options,
    IOptions<ShardOptions> shards) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.Ready.WaitAsync(stoppingToken);
        var lanes =
            from shard in Enumerable.Range(0, shards.Value.Shards)
            from lane in Enumerable.Range(0, options.Value.Lanes)
            select RunAsync(new StreamKeys(shard), ConsumerName.Of(lane), stoppingToken);
        await Task.WhenAll(lanes.ToList());
    }

    private async Task RunAsync(StreamKeys keys, ConsumerName name, CancellationToken stopping)
    {
        using var reading = await ConnectionMultiplexer.ConnectAsync(ReadingOptions());
        var consumer = new ShardConsumer(reading, redis, keys, name);
        await ActivatorUtilities.CreateInstance<WriterLane>(services, consumer, ActivatorUtilities.CreateInstance<BatchStore>(services))
            .RunAsync(stopping);
    }

    private ConfigurationOptions ReadingOptions()
    {
        var reading = ConfigurationOptions.Parse(configuration.GetConnectionString("redis")!);
        reading.AbortOnConnectFail = false;
        return reading;
    }
}
