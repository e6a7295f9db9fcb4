using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Nimbus.ServiceDefaults;

/// <summary>Hears from the identity service which project has changed, in services that have Redis.</summary>
internal sealed partial class ProjectChanges(
    IServiceProvider services, ProjectAccess projects, TimeProvider time, ILogger<ProjectChanges> logger) : BackgroundService
{
    private static readonly RedisChannel Channel = new("nimbus:project-changed", RedisChannel.PatternMode.Literal);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                // On a thread of its own: making the multiplexer may block until the server answers.
                if (await Task.Run(services.GetService<IConnectionMultiplexer>, stoppingToken) is not { } redis)
                    return;
                // Messages of the time without a connection are lost.
                redis.ConnectionRestored += (_, _) => projects.DropAll();
                await redis.GetSubscriber()
                    .SubscribeAsync(Channel, (_, message) => Hear(message))
                    .WaitAsync(TimeSpan.FromSeconds(10), stoppingToken);
                projects.DropAll();
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
        if (Guid.TryParseExact((string?)message, "D", out var project))
            projects.Drop(project);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot subscribe to changed projects yet ({Failure})")]
    private partial void LogNotSubscribed(string failure);
}
