using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.Events;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;
using StackExchange.Redis;

namespace Nimbus.QueryService.Live;

/// <summary>All projects of this process that have viewers, behind one subscription; tells writers which they are.</summary>
internal sealed partial class LiveHub(
    IServiceProvider services, IOptions<LiveOptions> options, QueryDatabase database, ProjectAccess access, SessionRevocation sessions,
    LiveMetrics metrics, TimeProvider time, ILogger<LiveHub> logger) : BackgroundService
{
    private static readonly RedisChannel Channel = new(LiveNotice.Channel, RedisChannel.PatternMode.Literal);
    private static readonly RedisChannel WatchedChannel = new(LiveNotice.WatchedChannel, RedisChannel.PatternMode.Literal);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Lock _joining = new();
    private readonly Dictionary<Guid, Watched> _projects = [];
    private IConnectionMultiplexer? _redis;
    private int _viewers;

    /// <summary>Has a viewer see a project until it goes.</summary>
    /// <returns>False when there are too many viewers already.</returns>
    public async Task<bool> WatchAsync(Guid projectId, Func<Task<LiveViewer>> connect, CancellationToken stopping)
    {
        if (Interlocked.Increment(ref _viewers) > options.Value.MaxViewers)
        {
            Interlocked.Decrement(ref _viewers);
            return false;
        }
        metrics.Joined();
        try
        {
            using var viewer = await connect();
            var watched = Join(projectId, viewer);
            try
            {
                await viewer.RunAsync(stopping);
            }
            finally
            {
                Leave(projectId, watched, viewer);
            }
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _viewers);
            metrics.Left();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await SubscribeAsync(stoppingToken);
        using var timer = new PeriodicTimer(LiveNotice.WatchedFor / 3, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) TellWatched();
    }

    private Watched Join(Guid projectId, LiveViewer viewer)
    {
        Watched? watched;
        lock (_joining)
        {
            if (_projects.TryGetValue(projectId, out watched))
            {
                watched.Project.Join(viewer);
                return watched;
            }
            var project = new LiveProject(projectId, options.Value, database, access, sessions, metrics, time, logger);
            _projects.Add(projectId, watched = new Watched(project, new CancellationTokenSource()));
            project.Join(viewer);
        }
        _ = RunAsync(watched);
        TellWatched();
        return watched;
    }

    private void Leave(Guid projectId, Watched watched, LiveViewer viewer)
    {
        lock (_joining)
        {
            watched.Project.Leave(viewer);
            if (watched.Project.Viewers > 0) return;
            _projects.Remove(projectId);
        }
        watched.Ended.Cancel();
    }

    private async Task RunAsync(Watched watched)
    {
        try
        {
            await watched.Project.RunAsync(watched.Ended.Token);
        }
        catch (Exception failure)
        {
            LogFailed(failure);
        }
        finally
        {
            watched.Ended.Dispose();
        }
    }

    private async Task SubscribeAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                // On a thread of its own: making the multiplexer may block until the server answers.
                var redis = await Task.Run(services.GetRequiredService<IConnectionMultiplexer>, stopping);
                await redis.GetSubscriber().SubscribeAsync(Channel, (_, message) => Hear(message)).WaitAsync(Patience, stopping);
                _redis = redis;
                TellWatched();
                return;
            }
            catch (Exception away) when (away is RedisException or TimeoutException)
            {
                LogNotSubscribed(away.GetType().Name);
                await Task.Delay(Pause, time, stopping);
            }
        }
    }

    private void Hear(RedisValue message)
    {
        LiveNotice? notice = null;
        try
        {
            if ((byte[]?)message is { } bytes) notice = LiveNotice.Decode(bytes);
        }
        catch (JsonException)
        {
            // Of another version, while services are being replaced.
        }
        Watched? watched = null;
        lock (_joining)
            if (notice is not null) _projects.TryGetValue(notice.ProjectId, out watched);
        watched?.Project.Hear(notice!);
    }

    private void TellWatched()
    {
        Guid[] projects;
        lock (_joining) projects = [.. _projects.Keys];
        if (projects.Length == 0 || _redis is not { } redis) return;
        try
        {
            redis.GetSubscriber().PublishAsync(WatchedChannel, LiveNotice.EncodeWatched(projects), CommandFlags.FireAndForget);
        }
        catch (RedisException away)
        {
            LogNotSubscribed(away.GetType().Name);
        }
    }

    private sealed record Watched(LiveProject Project, CancellationTokenSource Ended);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Live viewers see nothing new while Redis is away ({Failure})")]
    private partial void LogNotSubscribed(string failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "A live feed has ended")]
    private partial void LogFailed(Exception failure);
}
