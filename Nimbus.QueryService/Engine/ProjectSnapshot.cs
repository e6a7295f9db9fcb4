using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// One state of a project's events, whole as of <see cref="Watermark"/> and unchanging until it is disposed. Safe for several
/// threads.
/// </summary>
public sealed class ProjectSnapshot : IDisposable
{
    private readonly IReadOnlyList<BlockSource> _sources;
    private readonly Dictionary<string, int> _nameCodes;
    private readonly ColumnView _columns;
    private readonly IReadOnlyList<SealedEvents> _sealed;
    private readonly IReadOnlyList<BlockSource> _tail;
    private readonly Dictionary<int, PropertyColumn> _opened = [];
    private readonly Action? _release;
    private int _isDisposed;

    internal ProjectSnapshot(ProjectState state, Action? release = null)
    {
        (Watermark, Names, _nameCodes, People, _columns) = (state.Watermark, state.Names, state.NameCodes, state.People, state.Columns);
        (_sources, _sealed, _tail, _release) = (state.Sources, state.Sealed, state.Tail, release);
    }

    /// <summary>The project's sequence number up to which every change is in here, and none after it.</summary>
    public long Watermark { get; }

    /// <summary>How many dense ids there are; arrays by person have this length.</summary>
    public int PersonCount => People.Count;

    public PersonMap People { get; }

    /// <summary>What of people the query asks about, to be filled before it runs.</summary>
    internal PersonColumns OfPeople { get; } = new();

    /// <summary>Event names by code; codes are dense, and a name that is null is of no event.</summary>
    public IReadOnlyList<string?> Names { get; }

    /// <summary>The code of an event name, -1 where there is no such event.</summary>
    public int NameCode(string name) => _nameCodes.GetValueOrDefault(name, -1);

    /// <summary>The properties that some event has.</summary>
    public IReadOnlyCollection<PropertyKey> Properties => (IReadOnlyCollection<PropertyKey>)_columns.Ids.Keys;

    /// <summary>The column of a property; null where no event has it.</summary>
    /// <exception cref="ProblemException">
    /// 400 <c>property_not_indexed</c>: the project has more properties than are kept as columns, and this is not one of them.
    /// </exception>
    public PropertyColumn? Column(PropertySource source, string key)
    {
        var name = new PropertyKey(source, key);
        if (source is PropertySource.Trait or PropertySource.Cohort)
            return OfPeople.Find(name);
        if (!_columns.Ids.TryGetValue(name, out var id))
        {
            return _columns.IsFull
                ? throw new ProblemException(400, "property_not_indexed",
                    $"A project has at most {ColumnSet.Max} properties that can be asked about, and '{key}' is not one of them.")
                : null;
        }
        lock (_opened)
        {
            if (!_opened.TryGetValue(id, out var column))
                _opened.Add(id, column = _columns.Open(name, id));
            return column;
        }
    }

    /// <summary>The events with from ≤ time &lt; to, in blocks in order of time.</summary>
    /// <param name="fromMs">Unix milliseconds.</param>
    /// <param name="toMs">Unix milliseconds.</param>
    public IReadOnlyList<EventBlock> Blocks(long fromMs, long toMs)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        var blocks = new List<EventBlock>();
        long[]? scratch = null;
        foreach (var source in _sources)
        {
            if (source.LastMs < fromMs || source.FirstMs >= toMs)
                continue;
            if (source.FirstMs >= fromMs && source.LastMs < toMs)
            {
                blocks.Add(new EventBlock(source, 0, source.Count, source.FirstMs, source.LastMs));
                continue;
            }
            var times = source.Times(ref scratch);
            var (start, end) = (Search.FirstAtLeast(times, fromMs), Search.FirstAtLeast(times, toMs));
            if (end > start)
                blocks.Add(new EventBlock(source, start, end - start, times[start], times[end - 1]));
        }
        return blocks;
    }

    /// <summary>
    /// Counts events by slice of time and name: slice i is [starts[i], starts[i + 1]), so there is one slice less than starts.
    /// Slices that begin at whole UTC quarters of an hour cost next to nothing, those at whole minutes little; others are a scan
    /// where they begin and end.
    /// </summary>
    /// <param name="starts">Unix milliseconds, ascending; at least one.</param>
    /// <returns>
    /// The count of slice i and name code c at <c>[i * Names.Count + c]</c>: events of every type and of whoever, also of nobody.
    /// </returns>
    public long[] CountByMinute(ReadOnlySpan<long> starts)
    {
        var counts = new long[(starts.Length - 1) * Names.Count];
        if (counts.Length == 0)
            return counts;
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        foreach (var segment in _sealed)
        {
            foreach (var late in segment.Late)
                Count(late, starts, counts);
            var file = segment.File;
            if (file.LastMs < starts[0] || file.FirstMs >= starts[^1])
                continue;
            var first = Search.FirstAtLeast(starts, file.FirstMs + 1);
            var within = starts[first..Search.FirstAtLeast(starts, file.LastMs + 1)];
            if (file.MinuteCounts.TryAdd(counts, starts, file.FirstMs, within, Names.Count))
                continue;
            foreach (var block in file.Blocks)
                Count(block, starts, counts);
        }
        foreach (var block in _tail)
            Count(block, starts, counts);
        return counts;
    }

    /// <summary>Lets go of the files. The blocks must not be read any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            _release?.Invoke();
    }

    private void Count(BlockSource block, ReadOnlySpan<long> starts, long[] counts)
    {
        if (block.LastMs < starts[0] || block.FirstMs >= starts[^1])
            return;
        long[]? timeScratch = null;
        int[]? nameScratch = null;
        var times = block.Times(ref timeScratch);
        var names = block.Names(ref nameScratch);
        var slice = -1;
        for (var i = 0; i < times.Length; i++)
        {
            while (slice < starts.Length - 1 && times[i] >= starts[slice + 1])
                slice++;
            if (slice == starts.Length - 1)
                return;
            if (slice >= 0)
                counts[(slice * Names.Count) + names[i]]++;
        }
    }
}
