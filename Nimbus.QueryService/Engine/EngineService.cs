using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Nimbus.Events;
using Nimbus.Events.Schema;
using Nimbus.QueryService.Querying;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// Has open projects look for changes when writers tell of commits, and now and then anyway; opens at the start those that have
/// files, and closes those there is no room for.
/// </summary>
internal sealed partial class EngineService(
    ProjectSnapshots projects,
    EngineFolder folder,
    EngineMetrics metrics,
    EventsSchema schema,
    NpgsqlDataSource database,
    IConnectionMultiplexer redis,
    IOptions<EngineOptions> options,
    TimeProvider time,
    ILogger<EngineService> logger) : BackgroundService, IHealthCheck
{
    private const string SequencesSql = """
        SELECT s.project_id, s.n, (SELECT epoch FROM stream_epoch) FROM project_seq s WHERE s.project_id = ANY(@projects)
        """;

    private static readonly RedisChannel Channel = new(StoredNotices.Channel, RedisChannel.PatternMode.Literal);

    // Commits are taken in together that come within this time of each other.
    private static readonly TimeSpan BetweenNotices = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BetweenCleanings = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RedisPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(10);

    private readonly HashSet<Guid> _told = [];
    private string? _fault;
    private long _cleaned;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var figures = Measure();
        var state = $"{figures.Projects} projects open, the furthest behind for {figures.Lag.TotalSeconds:0.0} s";
        var fault = _fault ?? projects.Followers.Where(follower => follower.IsOpen).Select(follower => follower.Fault).FirstOrDefault(f => f is not null);
        return Task.FromResult(
            figures.Lag > Stalled ? HealthCheckResult.Degraded($"Stalled: {state}; {fault}")
            : fault is not null ? HealthCheckResult.Degraded($"Waiting until this passes: {fault}; {state}")
            : HealthCheckResult.Healthy(state));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await projects.CloseAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.Ready.WaitAsync(stoppingToken);
        await Task.WhenAll(OpenKnownAsync(stoppingToken), SubscribeAsync(stoppingToken), FollowAsync(stoppingToken));
    }

    /// <summary>So that the first question need not wait for the files to be checked.</summary>
    private async Task OpenKnownAsync(CancellationToken ct)
    {
        foreach (var project in folder.Projects().Take(options.Value.MaxProjects))
        {
            try
            {
                await projects.LookAsync(project).WaitAsync(ct);
            }
            catch (Exception passing) when (passing is not OperationCanceledException)
            {
                // It says so itself, and is opened when it is asked about.
            }
            if (Measure().MemoryBytes > options.Value.MaxMemoryBytes)
                return;
        }
    }

    private async Task SubscribeAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await redis.GetSubscriber().SubscribeAsync(Channel, (_, message) => Hear(message)).WaitAsync(RedisPatience, ct);
                return;
            }
            catch (Exception away) when (away is RedisException or TimeoutException)
            {
                LogNotSubscribed(away.GetType().Name);
                await Task.Delay(Pause, time, ct);
            }
        }
    }

    private void Hear(RedisValue message)
    {
        if ((byte[]?)message is not { } bytes)
            return;
        lock (_told)
        {
            foreach (var project in StoredNotices.Projects(bytes))
                _told.Add(project);
        }
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(BetweenNotices, time);
        var polled = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(ct))
        {
            HashSet<Guid> told;
            lock (_told)
            {
                told = [.. _told];
                _told.Clear();
            }
            foreach (var follower in projects.Followers.Where(follower => follower.IsOpen && told.Contains(follower.ProjectId)))
                _ = follower.LookAsync();
            if (time.GetElapsedTime(polled) < options.Value.PollInterval)
                continue;
            await PollAsync(ct);
            polled = time.GetTimestamp();
        }
    }

    private async Task PollAsync(CancellationToken ct)
    {
        try
        {
            var open = projects.Followers.Where(follower => follower.IsOpen).ToDictionary(follower => follower.ProjectId);
            if (open.Count > 0)
            {
                await using var command = database.CreateCommand(SequencesSql);
                command.Parameters.AddWithValue("projects", open.Keys.ToArray());
                await using var reader = await command.ExecuteReaderAsync(ct);
                while (await reader.ReadAsync(ct))
                {
                    var follower = open[reader.GetGuid(0)];
                    if (follower.IsBehind(reader.GetInt64(1), reader.GetGuid(2)))
                        _ = follower.LookAsync();
                }
            }
            if (time.GetElapsedTime(_cleaned) >= BetweenCleanings)
            {
                await projects.DeleteGoneAsync(ct);
                _cleaned = time.GetTimestamp();
            }
            _fault = null;
        }
        catch (Exception away) when (away is NpgsqlException or IOException or TimeoutException)
        {
            if (_fault is null)
                LogCannotPoll(away.Message);
            _fault = away.Message;
        }
        metrics.Set(Measure());
        await projects.CloseIdleAsync();
    }

    private EngineFigures Measure()
    {
        var open = projects.Followers.Where(follower => follower.IsOpen).ToList();
        var since = open.Select(follower => follower.BehindSince).Min();
        return new EngineFigures(
            since is { } from ? time.GetUtcNow() - from : TimeSpan.Zero, open.Sum(follower => follower.Behind), open.Count,
            open.Sum(follower => follower.Events), open.Sum(follower => follower.MemoryBytes), open.Sum(follower => follower.MappedBytes));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot hear of commits yet, and look for them: {Reason}")]
    private partial void LogNotSubscribed(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot look for changes: {Reason}")]
    private partial void LogCannotPoll(string reason);
}
