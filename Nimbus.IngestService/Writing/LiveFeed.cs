using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Nimbus.Events;
using StackExchange.Redis;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// Tells of what was stored in the projects that somebody watches live; who watches says so every few seconds. Where nobody does,
/// storing costs a look into an empty table more, and nothing that goes wrong here reaches it.
/// </summary>
internal sealed partial class LiveFeed(IConnectionMultiplexer redis, TimeProvider time, ILogger<LiveFeed> logger) : BackgroundService
{
    private const int MaxEvents = 20;
    private const int MaxPeople = 10_000;
    private const int MaxNames = 500;
    private const int MaxPropsBytes = 8 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _watchedUntil = new();

    // Where telling does not keep up, viewers miss something.
    private readonly Channel<IReadOnlyList<EventRow>> _stored =
        Channel.CreateBounded<IReadOnlyList<EventRow>>(new BoundedChannelOptions(32) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The rows are committed.</summary>
    public void Tell(IReadOnlyList<EventRow> stored)
    {
        if (!_watchedUntil.IsEmpty && stored.Any(row => _watchedUntil.ContainsKey(row.ProjectId)))
            _stored.Writer.TryWrite(stored);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await SubscribeAsync(stoppingToken);
        await foreach (var stored in _stored.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                foreach (var rows in stored.Where(row => row.Event.IsEvent).GroupBy(row => row.ProjectId).Where(rows => IsWatched(rows.Key)))
                    await redis.GetSubscriber().PublishAsync(StoredChannel, NoticeOf(rows.Key, [.. rows]).Encode(), CommandFlags.FireAndForget);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogNotTold(failure.GetType().Name);
            }
        }
    }

    internal static LiveNotice NoticeOf(Guid project, IReadOnlyList<EventRow> rows)
    {
        var people = new Dictionary<long, long>();
        var names = new Dictionary<string, int>();
        foreach (var row in rows)
        {
            if (names.Count < MaxNames || names.ContainsKey(row.Event.Name))
                names[row.Event.Name] = names.GetValueOrDefault(row.Event.Name) + 1;
            if ((row.UserKey ?? row.AnonKey) is { } key && (people.Count < MaxPeople || people.ContainsKey(key)))
                people[key] = Math.Max(people.GetValueOrDefault(key), row.Event.Ts);
        }
        var every = Math.Max(1, (rows.Count + MaxEvents - 1) / MaxEvents);
        var events = rows.Where((_, i) => i % every == 0).OrderBy(row => row.Event.Ts).Select(row => new LiveEvent(
            row.Id, row.Event.Name, row.Event.Ts, row.Event.UserId, row.Event.AnonymousId,
            row.Event.Props.Length > MaxPropsBytes ? null : row.Event.Props.IsEmpty ? "{}" : Encoding.UTF8.GetString(row.Event.Props.Span)));
        return new(project, names, [.. people.Select(person => new LivePerson(person.Key, person.Value))], [.. events]);
    }

    private static RedisChannel StoredChannel { get; } = new(LiveNotice.Channel, RedisChannel.PatternMode.Literal);

    private static RedisChannel WatchedChannel { get; } = new(LiveNotice.WatchedChannel, RedisChannel.PatternMode.Literal);

    private async Task SubscribeAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await redis.GetSubscriber().SubscribeAsync(WatchedChannel, (_, message) => Hear(message)).WaitAsync(TimeSpan.FromSeconds(10), stopping);
                return;
            }
            catch (Exception away) when (away is RedisException or TimeoutException)
            {
                LogNotTold(away.GetType().Name);
                await Task.Delay(Pause, time, stopping);
            }
        }
    }

    private void Hear(RedisValue message)
    {
        var now = time.GetUtcNow();
        foreach (var (project, until) in _watchedUntil)
            if (until < now) _watchedUntil.TryRemove(project, out _);
        if ((byte[]?)message is not { } bytes)
            return;
        foreach (var project in LiveNotice.DecodeWatched(bytes))
            _watchedUntil[project] = now + LiveNotice.WatchedFor;
    }

    private bool IsWatched(Guid project)
    {
        if (!_watchedUntil.TryGetValue(project, out var until)) return false;
        if (until >= time.GetUtcNow()) return true;
        // The last viewer has gone, and nobody says so any more.
        _watchedUntil.TryRemove(project, out _);
        return false;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot tell viewers what is stored ({Failure})")]
    private partial void LogNotTold(string failure);
}
