using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Nimbus.ServiceDefaults;

/// <summary>Hears of ended sessions, in services that have Redis; the multiplexer subscribes again after each break.</summary>
internal sealed partial class RevocationListener(
    IServiceProvider services, SessionRevocation sessions, TimeProvider time, ILogger<RevocationListener> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                // On a thread of its own: making the multiplexer may block until the server answers.
                if (await Task.Run(services.GetService<IConnectionMultiplexer>, stoppingToken) is not { } redis)
                    return;
                sessions.Use(redis);
                await redis.GetSubscriber()
                    .SubscribeAsync(SessionRevocation.Channel, (_, message) => Hear(message))
                    .WaitAsync(TimeSpan.FromSeconds(10), stoppingToken);
                return;
            }
            catch (Exception failure) when (failure is RedisException or TimeoutException)
            {
                LogNotSubscribed(failure.GetType().Name);
                await Task.Delay(Pause, time, stoppingToken);
            }
    }

    private void Hear(RedisValue message)
    {
        if (Guid.TryParseExact((string?)message, "D", out var session))
            sessions.Remember(session);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot subscribe to ended sessions yet ({Failure})")]
    private partial void LogNotSubscribed(string failure);
}
