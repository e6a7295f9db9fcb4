using StackExchange.Redis;

namespace Nimbus.IngestService.ApiKeys;

/// <summary>
/// Hears that keys, or the settings of their projects, have changed. A message can be lost; the mark that identity leaves beside the stream is what keeps an
/// ended key out, and this only spares the senders of a changed one an answer that is out of date.
/// </summary>
internal sealed partial class KeyChanges(IConnectionMultiplexer redis, KeyDirectory keys, ILogger<KeyChanges> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private static readonly RedisChannel KeyChanged = new("nimbus:key-changed", RedisChannel.PatternMode.Literal);

    private static readonly RedisChannel ProjectChanged = new("nimbus:project-changed", RedisChannel.PatternMode.Literal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await redis.GetSubscriber().SubscribeAsync(KeyChanged, (_, keyId) => keys.Forget(keyId.ToString()))
                    .WaitAsync(Pause, stoppingToken);
                await redis.GetSubscriber().SubscribeAsync(ProjectChanged, (_, projectId) => keys.AskAgain(projectId.ToString()))
                    .WaitAsync(Pause, stoppingToken);
                return;
            }
            catch (Exception away) when (away is RedisException or TimeoutException)
            {
                LogAway(away.Message);
                await Task.Delay(Pause, stoppingToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot listen for changed keys yet: {Reason}")]
    private partial void LogAway(string reason);
}
