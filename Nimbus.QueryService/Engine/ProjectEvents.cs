namespace Nimbus.QueryService.Engine;

/// <summary>
/// The events of one project as they are kept: sealed segments up to a moment, and from there the tail in memory. For one
/// thread; what it has made is read through snapshots.
/// </summary>
internal sealed class ProjectEvents
{
    public const long DayMs = 86_400_000;

    // Segments of which that much is late in all, whatever their size, are written anew: late events are in memory.
    private const long MaxLateEvents = 1_000_000;

    private readonly ProjectFolder _folder;
    private readonly EngineOptions _options;
    private readonly LateBuffer _tail = new();
    private readonly List<string?> _names = [];

    // Columns whose values went into files by themselves.
    private readonly HashSet<int> _idleColumns = [];
    private Dictionary<string, int> _nameCodes = [];

    public ProjectEvents(ProjectFolder folder, EngineOptions options)
    {
        (_folder, _options) = (folder, options);
        Properties = new PropertyReader(Columns);
    }

    /// <summary>Everything up to this change is in here, and nothing after it.</summary>
    public long Watermark { get; set; }

    public ColumnSet Columns { get; } = new();

    public PropertyReader Properties { get; }

    public PeopleTable People { get; } = new();

    public List<Segment> Segments { get; } = [];

    public long TailCount => _tail.Count;

    /// <summary>The tail has everything from here on.</summary>
    public long TailStartMs => Segments.Count == 0 ? long.MinValue : Segments[^1].EndMs;

    public long EventCount => TailCount + Segments.Sum(segment => segment.File.Count + segment.Late.Count);

    public long MappedBytes => Segments.Sum(segment => segment.File.Bytes);

    /// <summary>About how much memory this holds beside what is mapped.</summary>
    public long MemoryBytes =>
        _tail.Bytes + Segments.Sum(segment => segment.Late.Bytes + segment.Unsaved.Bytes) + People.Bytes
        + Enumerable.Range(0, Columns.Count).Sum(id => Columns[id].Values.Bytes);

    /// <summary>A name that events have; codes are those of PostgreSQL, which are dense.</summary>
    public void SetName(int code, string name)
    {
        while (_names.Count <= code)
            _names.Add(null);
        if (_names[code] == name)
            return;
        _names[code] = name;
        LacksName = false;
        // Snapshots have the old one.
        _nameCodes = new Dictionary<string, int>(_nameCodes) { [name] = code };
    }

    /// <summary>An event has a name that was not told yet.</summary>
    public bool LacksName { get; private set; }

    public void SawName(int code) => LacksName |= code >= _names.Count || _names[code] is null;

    /// <summary>Adds events wherever they belong.</summary>
    public void Add(RowBuffer rows)
    {
        foreach (var block in rows.ToBlocks())
        {
            var start = 0;
            foreach (var segment in Segments)
            {
                var end = block.FirstAtLeast(segment.EndMs);
                if (end > start)
                    segment.Add(MemoryBlock.Of(block, start, end - start), isSaved: false);
                start = Math.Max(start, end);
            }
            if (start < block.Count)
                _tail.Add(start == 0 ? block : MemoryBlock.Of(block, start, block.Count - start));
        }
    }

    /// <summary>
    /// Seals what is complete: whole UTC days once they are enough for a file, and part of a day where a day alone is too much
    /// for memory. Writes segments anew that have too many late events.
    /// </summary>
    /// <param name="completeMs">Hardly an event from before this is still to come.</param>
    /// <returns>Whether there is something to save.</returns>
    public bool Tidy(long completeMs)
    {
        var changed = false;
        while (TimeOfTail(_options.MinSegmentEvents - 1) is { } ms && EndOfDay(ms) <= completeMs)
        {
            Seal(EndOfDay(ms));
            changed = true;
        }
        if (TailCount > _options.MaxTailEvents)
        {
            // The newest tenth stays: events come a little out of order.
            Seal(TimeOfTail(TailCount * 9 / 10)!.Value + 1);
            changed = true;
        }
        for (var i = 0; i < Segments.Count; i++)
        {
            if (Segments[i].IsDueForFolding || (Segments[i].Late.Count > 0 && Segments.Sum(segment => segment.Late.Count) > MaxLateEvents))
            {
                Fold(i);
                changed = true;
            }
        }
        CutIdleValues();
        return changed;
    }

    /// <summary>Reads whole ranges of time again: what is in them is dropped, and what the table has now comes in its place.</summary>
    /// <param name="ranges">Half-open, ascending, not overlapping.</param>
    /// <param name="read">Reads the events from one time up to another.</param>
    public async Task ReplaceAsync(IReadOnlyList<(long FromMs, long ToMs)> ranges, Func<long, long, Task<RowBuffer>> read)
    {
        var startMs = long.MinValue;
        for (var i = 0; i < Segments.Count; i++)
        {
            var segment = Segments[i];
            var (fromMs, endMs) = (startMs, segment.EndMs);
            startMs = endMs;
            var own = ranges.Select(range => (FromMs: Math.Max(range.FromMs, fromMs), ToMs: Math.Min(range.ToMs, endMs)))
                .Where(range => range.FromMs < range.ToMs).ToList();
            if (own.Count == 0)
                continue;
            var blocks = Without(segment.Blocks, own);
            foreach (var range in own)
                blocks.AddRange((await read(range.FromMs, range.ToMs)).ToBlocks().Select(Whole));
            Segments[i] = new Segment(WriteFile([.. blocks.OrderBy(block => block.FirstMs)]), endMs);
            Discard(segment);
        }
        CutIdleValues();
        var tail = ranges.Select(range => (FromMs: Math.Max(range.FromMs, startMs), range.ToMs))
            .Where(range => range.FromMs < range.ToMs).ToList();
        if (tail.Count == 0)
            return;
        _tail.Replace(Without(_tail.Settle(), tail).Select(block => MemoryBlock.Of(block.Source, block.Start, block.Count)));
        foreach (var range in tail)
            Add(await read(range.FromMs, range.ToMs));
    }

    /// <summary>The UTC days on which some ids have events.</summary>
    public IEnumerable<long> DaysOf(IReadOnlySet<int> persons)
    {
        var days = new HashSet<long>();
        if (persons.Count == 0)
            return days;
        int[]? personScratch = null;
        long[]? timeScratch = null;
        foreach (var source in Segments.SelectMany(segment => segment.Blocks).Concat(_tail.All))
        {
            var ids = source.Persons(ref personScratch);
            var times = source.Times(ref timeScratch);
            for (var i = 0; i < ids.Length; i++)
            {
                if (persons.Contains(ids[i]))
                    days.Add(DayOf(times[i]));
            }
        }
        return days;
    }

    /// <summary>When the UTC day of a time began.</summary>
    public static long DayOf(long ms) => ms - (((ms % DayMs) + DayMs) % DayMs);

    /// <summary>Takes the values that no event has any more out of the dictionaries, in memory and on disk. Codes stay.</summary>
    public void EraseUnusedValues()
    {
        var sources = Segments.SelectMany(segment => segment.File.Blocks.Concat<BlockSource>(segment.Late.All)).Concat(_tail.All).ToList();
        int[]? scratch = null;
        for (var id = 0; id < Columns.Count; id++)
        {
            var (entry, column) = (Columns[id], Columns.Open(id));
            var isUsed = new bool[entry.Values.Count];
            foreach (var source in sources.Where(source => source.Columns.Contains(id) && !source.IsRaw(id)))
            {
                foreach (var code in source.Codes(id, column, ref scratch))
                    isUsed[code] = true;
            }
            if (isUsed.AsSpan(1).IndexOf(false) < 0)
                continue;
            var kept = new ValueDictionary();
            for (var code = 1; code < isUsed.Length; code++)
                kept.AddNext(isUsed[code] ? entry.Values[code] : PropertyValue.NotSet);
            Columns.Replace(id, kept);
            Properties.Forget(id);
        }
        _folder.ForgetTerms();
    }

    public ProjectState ToState()
    {
        var tail = _tail.Blocks.ToList();
        return new(
            Watermark, [.. _names], _nameCodes, People.ToMap(), Columns.View(),
            [.. Segments.SelectMany(segment => segment.Blocks), .. tail],
            [.. Segments.Select(segment => new SealedEvents(segment.File, [.. segment.Late.All]))],
            [.. _tail.All]);
    }

    /// <summary>Lets go of the files, and deletes nothing.</summary>
    public void Close()
    {
        foreach (var segment in Segments)
            segment.File.LetGo();
        Segments.Clear();
    }

    private static long EndOfDay(long ms) => DayOf(ms) + DayMs;

    private static EventBlock Whole(BlockSource block) => new(block, 0, block.Count, block.FirstMs, block.LastMs);

    /// <summary>What of some blocks is outside of ranges.</summary>
    private static List<EventBlock> Without(IEnumerable<BlockSource> blocks, List<(long FromMs, long ToMs)> ranges)
    {
        var kept = new List<EventBlock>();
        long[]? scratch = null;
        foreach (var block in blocks)
        {
            if (!ranges.Any(range => range.FromMs <= block.LastMs && block.FirstMs < range.ToMs))
            {
                kept.Add(Whole(block));
                continue;
            }
            var times = block.Times(ref scratch);
            var start = 0;
            foreach (var (fromMs, toMs) in ranges.Append((long.MaxValue, long.MaxValue)))
            {
                var end = Search.FirstAtLeast(times, fromMs);
                if (end > start)
                    kept.Add(new EventBlock(block, start, end - start, times[start], times[end - 1]));
                start = Math.Max(start, Search.FirstAtLeast(times, toMs));
            }
        }
        return kept;
    }

    /// <summary>The time of the event at a place in the tail, in order of time; null where the tail is shorter.</summary>
    private long? TimeOfTail(long place)
    {
        if (place >= TailCount)
            return null;
        foreach (var block in _tail.Settle())
        {
            if (place < block.Count)
                return block.TimeAt((int)place);
            place -= block.Count;
        }
        return null;
    }

    /// <summary>Makes the events of the tail before a moment a segment.</summary>
    private void Seal(long endMs)
    {
        var (sealable, rest) = (new List<EventBlock>(), new List<MemoryBlock>());
        foreach (var block in _tail.Settle())
        {
            var end = block.FirstAtLeast(endMs);
            if (end > 0)
                sealable.Add(new EventBlock(block, 0, end, block.FirstMs, block.TimeAt(end - 1)));
            if (end == 0)
                rest.Add(block);
            else if (end < block.Count)
                rest.Add(MemoryBlock.Of(block, end, block.Count - end));
        }
        Segments.Add(new Segment(WriteFile(sealable), endMs));
        _tail.Replace(rest);
    }

    private void Fold(int index)
    {
        var old = Segments[index];
        Segments[index] = new Segment(WriteFile([.. old.Blocks.Select(Whole)]), old.EndMs);
        Discard(old);
    }

    private void Discard(Segment old)
    {
        foreach (var delta in old.Deltas)
            _folder.Obsolete(delta);
        _folder.Obsolete(old.File.Path);
        old.File.LetGo();
    }

    private SegmentFile WriteFile(IReadOnlyCollection<EventBlock> blocks)
    {
        var (path, codes) = (_folder.NewPath("segment"), new CodeWriter(Columns).Choose(blocks, _options.MaxDistinctValues));
        SegmentWriter.Write(path, blocks, codes);
        _idleColumns.UnionWith(codes.RawColumns);
        return SegmentFile.Open(path);
    }

    /// <summary>Takes the values out of dictionaries that neither a file names nor an event in memory has.</summary>
    private void CutIdleValues()
    {
        foreach (var column in _idleColumns)
            CutIdleValues(column);
        _idleColumns.Clear();
    }

    private void CutIdleValues(int id)
    {
        var entry = Columns[id];
        var cut = new ValueDictionary();
        var codeOf = new int[entry.Values.Count];
        for (var code = 1; code < entry.FiledCount; code++)
        {
            cut.AddNext(entry.Values[code]);
            codeOf[code] = code;
        }
        int[]? scratch = null;
        foreach (var block in _tail.All.Concat(Segments.SelectMany(segment => segment.Late.All)))
        {
            foreach (var code in block.Codes(id, values: null, ref scratch))
            {
                if (codeOf[code] == 0)
                    codeOf[code] = cut.Add(entry.Values[code]);
            }
        }
        Columns.Replace(id, cut);
        Properties.Forget(id);
        _tail.Replace(block => block.WithCodes(id, codeOf));
        foreach (var segment in Segments)
            segment.Replace(block => block.WithCodes(id, codeOf));
    }
}
