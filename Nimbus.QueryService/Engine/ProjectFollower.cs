using System.Diagnostics.CodeAnalysis;
using Nimbus.Events.Schema;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Engine;

/// <summary>How far the engine is with a project.</summary>
/// <param name="Watermark">The last change that answers contain; null where the project is not open.</param>
/// <param name="CleanThrough">
/// No file of the engine has anything that a change up to this one deleted: not the events, and not the values that only they had.
/// </param>
public sealed record EngineStatus(Guid ProjectId, long? Watermark, long CleanThrough);

/// <summary>
/// Keeps one project as eventsdb has it: loads its files, builds what they lack, and then follows the outbox by its gapless n.
/// What it has reached is published whole, for snapshots. It is closed and opened again at will; the files stay.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the process; CloseAsync lets go of the files.")]
internal sealed partial class ProjectFollower(
    Guid projectId, string path, SnapshotSource snapshots, EngineOptions options, EngineMetrics metrics, TimeProvider time, ILogger logger)
{
    // Events that are read at a time while a project is built, about.
    private const int EventsAtATime = 250_000;

    // Events of a day come until this long after its end without being late.
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    // Work goes on when who asked for it goes away.
    private readonly SemaphoreSlim _working = new(1, 1);
    private ProjectFolder _folder = new(path);
    private ProjectEvents? _events;
    private Guid _epoch;
    private SharedState? _published;
    private Task? _queued;
    private Task _running = Task.CompletedTask;
    private long _savedWatermark = -1;
    private DateTimeOffset _savedAt;

    public Guid ProjectId => projectId;

    /// <summary>When it was last asked for; greater is later.</summary>
    public long LastUse { get; set; }

    /// <summary>What it waits out; null while it works.</summary>
    public string? Fault { get; private set; }

    /// <summary>Since when it has known of a change that it does not have; null when it has all.</summary>
    public DateTimeOffset? BehindSince { get; private set; }

    public long Behind { get; private set; }

    public bool IsOpen => Volatile.Read(ref _published) is not null;

    public long? Watermark => Volatile.Read(ref _published)?.Watermark;

    public long Events { get; private set; }

    public long MemoryBytes { get; private set; }

    public long MappedBytes { get; private set; }

    /// <summary>What was reached last; null before anything was. To be disposed.</summary>
    public ProjectSnapshot? Open()
    {
        lock (_gate)
            return _published?.Open();
    }

    /// <summary>
    /// Takes in everything that is committed when this is called. Calls that come while it works share the next look. It goes on
    /// when the caller does not.
    /// </summary>
    public Task LookAsync()
    {
        lock (_gate)
            return _queued ??= NextAsync(_running);
    }

    /// <summary>It is known from elsewhere what the last change is.</summary>
    public bool IsBehind(long n, Guid epoch)
    {
        if (Watermark is not { } watermark || (n == watermark && epoch == _epoch))
            return false;
        (BehindSince, Behind) = (BehindSince ?? time.GetUtcNow(), Math.Max(n - watermark, 1));
        return true;
    }

    /// <summary>The project is gone from eventsdb: so are its files.</summary>
    public async Task DeleteAsync()
    {
        await _working.WaitAsync();
        try
        {
            Drop();
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        finally
        {
            _working.Release();
        }
    }

    /// <summary>Saves and lets go of everything; the next look opens it again.</summary>
    public async Task CloseAsync()
    {
        await _working.WaitAsync();
        try
        {
            if (_events is { } events && events.Watermark != _savedWatermark)
                TrySave(events);
        }
        finally
        {
            Drop();
            _working.Release();
        }
    }

    private async Task NextAsync(Task running)
    {
        // Not on the caller's thread: the lock of LookAsync is held here.
        await Task.Yield();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            (_running, _queued) = (_queued!, null);
        await _working.WaitAsync();
        try
        {
            await CatchUpAsync();
            (Fault, BehindSince, Behind) = (null, null, 0);
        }
        catch (Exception failure)
        {
            Fault = failure.Message;
            BehindSince ??= time.GetUtcNow();
            LogFailed(projectId, failure.Message);
            throw;
        }
        finally
        {
            _working.Release();
        }
    }

    private async Task CatchUpAsync()
    {
        var last = await snapshots.SequenceAsync(projectId, default);
        if (_events is not null && last == new ProjectSequence(_events.Watermark, _epoch))
        {
            SaveWhenDue(_events);
            return;
        }
        // Its statements have bounds of their own.
        var isClean = await snapshots.ReadAsync(projectId, TimeSpan.Zero, TakeInAsync, default, last);
        if (!isClean)
        {
            _events!.EraseUnusedValues();
            Save(_events);
        }
        Publish(_events!);
        if (_events!.Tidy(CompleteMs))
        {
            TrySave(_events);
            Publish(_events);
        }
        SaveWhenDue(_events);
    }

    /// <summary>Takes in what the snapshot has more. Where it fails it may be called again, with another one.</summary>
    /// <returns>False: events were deleted.</returns>
    private async Task<bool> TakeInAsync(Snapshot snapshot)
    {
        var tables = new ProjectTables(snapshot.Connection, projectId, options.StatementTimeout);
        var (n, epoch) = snapshot.Sequence;
        await tables.ReadErasedAsync(default);
        var changes = _events is not null && _epoch == epoch ? await ChangesAsync(tables, _events.Watermark, n) : null;
        var isClean = true;
        if (changes is null)
            await LoadAsync(tables, n, epoch);
        else
            isClean = await FollowAsync(tables, _events!, changes, long.MaxValue);
        _events!.Watermark = n;
        return isClean;
    }

    private long CompleteMs => (time.GetUtcNow() - Grace).ToUnixTimeMilliseconds();

    /// <summary>The changes from one to another; null where some are missing, or they are too many.</summary>
    private async Task<List<Change>?> ChangesAsync(ProjectTables tables, long after, long n)
    {
        if (n < after || n - after > options.MaxChangesBehind)
            return null;
        var changes = await tables.ChangesAsync(after, options.MaxChangesBehind, default);
        return changes.Count == n - after && (changes.Count == 0 || changes[^1].N == n) ? changes : null;
    }

    /// <summary>Loads the files, where they are whole and can be followed from, else builds everything.</summary>
    private async Task LoadAsync(ProjectTables tables, long n, Guid epoch)
    {
        Drop();
        var begun = time.GetTimestamp();
        var (events, changes) = await LoadFilesAsync(tables, n, epoch);
        var isBuilt = events is null;
        if (events is null)
        {
            _folder = new ProjectFolder(path);
            _folder.Clear();
            events = new ProjectEvents(_folder, options);
        }
        try
        {
            await tables.ReadNamesAsync(events, default);
            await tables.ReadPeopleAsync(events.People, keys: null, default);
            // What files know and the table does not.
            foreach (var key in events.People.Unknown.ToList())
                events.People.SetErased(key);
            var tailStartMs = events.TailStartMs;
            await BuildAsync(tables, events, tailStartMs);
            var isClean = await FollowAsync(tables, events, changes, tailStartMs);
            events.Watermark = n;
            _epoch = epoch;
            if (isClean)
            {
                TrySave(events);
            }
            else
            {
                events.EraseUnusedValues();
                Save(events);
            }
        }
        catch
        {
            events.Close();
            throw;
        }
        _events = events;
        if (isBuilt)
            metrics.Rebuilt();
        var (count, seconds) = (events.EventCount, time.GetElapsedTime(begun).TotalSeconds);
        LogLoaded(projectId, isBuilt ? "Built" : "Loaded", count, seconds);
    }

    private async Task<(ProjectEvents? Events, List<Change> Changes)> LoadFilesAsync(ProjectTables tables, long n, Guid epoch)
    {
        _folder = new ProjectFolder(path);
        var events = new ProjectEvents(_folder, options);
        try
        {
            if (_folder.Load(events, epoch) && await ChangesAsync(tables, events.Watermark, n) is { } changes)
                return (events, changes);
        }
        catch (InvalidDataException broken)
        {
            LogBroken(projectId, broken.Message);
        }
        events.Close();
        return (null, []);
    }

    /// <summary>Reads all events from a moment on, in pieces by time, and seals as it goes.</summary>
    private async Task BuildAsync(ProjectTables tables, ProjectEvents events, long fromMs)
    {
        var spanMs = TimeSpan.FromHours(1).Ticks / TimeSpan.TicksPerMillisecond;
        var rows = new RowBuffer();
        for (var next = await tables.FirstTimeAsync(fromMs, default); next is { } startMs;)
        {
            var endMs = startMs + spanMs;
            rows.Clear();
            // A piece that is much larger than the one before is read in smaller ones.
            if (!await tables.ReadEventsAsync(startMs, endMs, events, rows, spanMs > 1 ? EventsAtATime * 4 : int.MaxValue, default))
            {
                spanMs = Math.Max(1, spanMs / 16);
                continue;
            }
            events.Add(rows);
            events.Tidy(Math.Min(endMs, CompleteMs));
            next = rows.Count < EventsAtATime / 8 ? await tables.FirstTimeAsync(endMs, default) : endMs;
            if (rows.Count < EventsAtATime / 2)
                spanMs = Math.Min(spanMs * 2, 400 * ProjectEvents.DayMs);
            else if (rows.Count > EventsAtATime)
                spanMs = Math.Max(1, spanMs / 2);
        }
    }

    /// <summary>Takes changes in.</summary>
    /// <param name="untilMs">From here on everything is there already.</param>
    /// <returns>False: events were deleted.</returns>
    private async Task<bool> FollowAsync(ProjectTables tables, ProjectEvents events, IReadOnlyList<Change> changes, long untilMs)
    {
        var changedIds = changes.SelectMany(change => change.ChangedIds).ToHashSet();
        if (changedIds.Count > 0)
            await tables.ReadPeopleAsync(events.People, changedIds, default);
        var deleted = DeletedDays(changes, events.DaysOf(events.People.TakeErased()), untilMs);
        var isOne = deleted.Count == 0 && changes.Sum(change => (long)change.EventCount) <= EventsAtATime;
        try
        {
            // First, since all of what these days have now is read, also of later changes.
            await events.ReplaceAsync(deleted, async (fromMs, toMs) =>
            {
                var rows = new RowBuffer();
                await tables.ReadEventsAsync(fromMs, toMs, events, rows, int.MaxValue, default);
                return rows;
            });
            foreach (var some in Chunks(changes))
            {
                var rows = new RowBuffer();
                await tables.ReadEventsAsync(some, events, rows,
                    ms => ms < untilMs && !deleted.Any(range => range.FromMs <= ms && ms < range.ToMs), default);
                await LearnAsync(tables, events);
                events.Add(rows);
                if (!isOne)
                    events.Tidy(CompleteMs);
            }
        }
        catch when (!isOne)
        {
            // Some of the changes are in, and nobody knows which.
            Drop();
            throw;
        }
        return deleted.Count == 0 && !changes.Any(change => change.Is(OutboxKind.EventsDeleted));
    }

    /// <summary>What events that were read lack of people and names.</summary>
    private static async Task LearnAsync(ProjectTables tables, ProjectEvents events)
    {
        if (events.LacksName)
            await tables.ReadNamesAsync(events, default);
        // Each may name another that stands for its person.
        while (events.People.Unknown.Count > 0)
            await tables.ReadPeopleAsync(events.People, [.. events.People.Unknown], default);
    }

    private static IEnumerable<IReadOnlyList<Change>> Chunks(IReadOnlyList<Change> changes)
    {
        var chunk = new List<Change>();
        var count = 0L;
        foreach (var change in changes)
        {
            chunk.Add(change);
            count += change.EventCount;
            if (count < EventsAtATime)
                continue;
            yield return chunk;
            (chunk, count) = ([], 0);
        }
        yield return chunk;
    }

    /// <summary>What changes want read again, and some days more, as ranges that do not overlap.</summary>
    private static List<(long FromMs, long ToMs)> DeletedDays(IEnumerable<Change> changes, IEnumerable<long> days, long untilMs)
    {
        var merged = new List<(long FromMs, long ToMs)>();
        var ranges = changes.Where(change => change.Is(OutboxKind.EventsDeleted) && change is { MinMs: not null, MaxMs: not null })
            .Select(change => (FromMs: ProjectEvents.DayOf(change.MinMs!.Value), ToMs: ProjectEvents.DayOf(change.MaxMs!.Value) + ProjectEvents.DayMs))
            .Concat(days.Select(day => (FromMs: day, ToMs: day + ProjectEvents.DayMs)))
            .Select(range => range with { ToMs = Math.Min(range.ToMs, untilMs) })
            .Where(range => range.FromMs < range.ToMs).Order();
        foreach (var range in ranges)
        {
            if (merged.Count > 0 && merged[^1].ToMs >= range.FromMs)
                merged[^1] = (merged[^1].FromMs, Math.Max(merged[^1].ToMs, range.ToMs));
            else
                merged.Add(range);
        }
        return merged;
    }

    private void Publish(ProjectEvents events)
    {
        var state = new SharedState(events.ToState());
        SharedState? before;
        lock (_gate)
            (before, _published) = (_published, state);
        before?.LetGo();
        (Events, MemoryBytes, MappedBytes) = (events.EventCount, events.MemoryBytes, events.MappedBytes);
    }

    private void SaveWhenDue(ProjectEvents events)
    {
        if (events.Watermark != _savedWatermark && time.GetUtcNow() - _savedAt >= options.SaveInterval)
            TrySave(events);
    }

    /// <summary>What cannot be saved, on a full disk, is in memory all the same, and read again after a restart.</summary>
    private void TrySave(ProjectEvents events)
    {
        try
        {
            Save(events);
        }
        catch (IOException full)
        {
            _savedAt = time.GetUtcNow();
            LogNotSaved(projectId, full.Message);
        }
    }

    private void Save(ProjectEvents events)
    {
        _folder.Save(events, _epoch);
        (_savedWatermark, _savedAt) = (events.Watermark, time.GetUtcNow());
    }

    private void Drop()
    {
        SharedState? before;
        lock (_gate)
            (before, _published) = (_published, null);
        before?.LetGo();
        _events?.Close();
        _events = null;
        (Events, MemoryBytes, MappedBytes, BehindSince, Behind) = (0, 0, 0, null, 0);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{How} project {ProjectId}: {Events} events in {Seconds:0.0} s")]
    private partial void LogLoaded(Guid projectId, string how, long events, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of project {ProjectId} are built anew: {Reason}")]
    private partial void LogBroken(Guid projectId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot follow project {ProjectId} at the moment: {Reason}")]
    private partial void LogFailed(Guid projectId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The state of project {ProjectId} could not be saved: {Reason}")]
    private partial void LogNotSaved(Guid projectId, string reason);
}
