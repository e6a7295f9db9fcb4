using System.Collections.Concurrent;
using System.Threading.Channels;
using Nimbus.Events;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Live;

/// <summary>A project with viewers: gathers what is told of it, and tells each of them the same.</summary>
internal sealed partial class LiveProject(
    Guid projectId, LiveOptions options, QueryDatabase database, ProjectAccess access, SessionRevocation sessions, LiveMetrics metrics,
    TimeProvider time, ILogger logger)
{
    private const int MaxNames = 50;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<LiveViewer, bool> _viewers = new();
    private readonly Channel<LiveNotice> _notices = Channel.CreateBounded<LiveNotice>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly LivePeople _people = new(database, projectId, options.ActiveWithin);
    private readonly Dictionary<string, long> _names = [];
    private long _stored;
    private int _shown;

    public int Viewers => _viewers.Count;

    public void Join(LiveViewer viewer) => _viewers[viewer] = true;

    public void Leave(LiveViewer viewer) => _viewers.TryRemove(viewer, out _);

    public void Hear(LiveNotice notice) => _notices.Writer.TryWrite(notice);

    /// <summary>Until it is cancelled: the last viewer has gone.</summary>
    public Task RunAsync(CancellationToken ct) => Task.WhenAll(TellAsync(ct), CheckAsync(ct));

    private async Task TellAsync(CancellationToken ct)
    {
        var begins = 3;
        var (lastTick, lastPing, lastLook) = (time.GetUtcNow(), time.GetUtcNow(), time.GetUtcNow());
        var active = 0;
        using var timer = new PeriodicTimer(options.MetricsEvery, time);
        var tick = timer.WaitForNextTickAsync(ct).AsTask();
        var heard = _notices.Reader.WaitToReadAsync(ct).AsTask();
        try
        {
            while (true)
            {
                if (await Task.WhenAny(tick, heard) == heard)
                {
                    await heard;
                    while (_notices.Reader.TryRead(out var notice)) await ShowAsync(notice, ct);
                    heard = _notices.Reader.WaitToReadAsync(ct).AsTask();
                    continue;
                }
                await tick;
                var now = time.GetUtcNow();
                try
                {
                    // Where the database cannot say what came before in three tries, the number starts from here.
                    if (begins-- > 0) await _people.BeginAsync(now, ct);
                    begins = 0;
                    active = await _people.CountAsync(now, looksAgain: now - lastLook >= LookAgain, ct);
                    if (now - lastLook >= LookAgain) lastLook = now;
                }
                catch (ProblemException away)
                {
                    // The database is away for a moment: the last number stands.
                    LogNotCounted(away.Code);
                }
                Tell(LiveMessages.Metrics(now, _stored / Math.Max((now - lastTick).TotalSeconds, 0.001), Names(), active));
                _names.Clear();
                (_stored, _shown, lastTick) = (0, 0, now);
                if (now - lastPing >= options.PingEvery)
                {
                    Tell(LiveMessages.Ping(now));
                    lastPing = now;
                }
                tick = timer.WaitForNextTickAsync(ct).AsTask();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ShowAsync(LiveNotice notice, CancellationToken ct)
    {
        foreach (var (name, count) in notice.Names)
        {
            _names[name] = _names.GetValueOrDefault(name) + count;
            _stored += count;
        }
        foreach (var person in notice.People) _people.Add(person, time.GetUtcNow());
        var room = (int)Math.Max(1, options.MaxEventsPerSecond * options.MetricsEvery.TotalSeconds) - _shown;
        var shown = notice.Events.Take(Math.Max(room, 0)).ToList();
        if (shown.Count == 0) return;
        _shown += shown.Count;
        var persons = new Dictionary<string, Guid>();
        try
        {
            persons = await _people.PersonsAsync([.. shown.Select(e => e.UserId ?? e.AnonymousId).OfType<string>().Distinct()], ct);
        }
        catch (ProblemException away)
        {
            LogNotCounted(away.Code);
        }
        foreach (var e in shown)
            Tell(LiveMessages.Event(e, (e.UserId ?? e.AnonymousId) is { } id && persons.TryGetValue(id, out var person) ? person : null));
    }

    private List<LiveName> Names() => [.. _names.OrderByDescending(name => name.Value).ThenBy(name => name.Key, StringComparer.Ordinal)
        .Take(MaxNames).Select(name => new LiveName(name.Key, name.Value))];

    private void Tell(byte[] message)
    {
        foreach (var viewer in _viewers.Keys)
            if (!viewer.Send(message)) metrics.Dropped();
    }

    private async Task CheckAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.CheckEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
                await Parallel.ForEachAsync(_viewers.Keys, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, CheckAsync);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async ValueTask CheckAsync(LiveViewer viewer, CancellationToken ct)
    {
        try
        {
            if (await sessions.IsRevokedAsync(viewer.SessionId, ct)) viewer.End("session_ended");
            else if (await access.FindAsync(projectId, viewer.UserId, ct) is null) viewer.End("project_not_found");
            else if (time.GetUtcNow() - viewer.Since >= options.MaxAge) viewer.End("come_again");
        }
        catch (ProblemException away)
        {
            // Nobody can be asked about members: as with every other request, those known before stay.
            LogNotCounted(away.Code);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Live viewers are not told everything at the moment ({Code})")]
    private partial void LogNotCounted(string code);
}
