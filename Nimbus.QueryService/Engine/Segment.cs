namespace Nimbus.QueryService.Engine;

/// <summary>A sealed file and the events that came for its time since. For one thread.</summary>
internal sealed class Segment(SegmentFile file, long endMs)
{
    private const int MaxDeltas = 32;
    private IReadOnlyList<BlockSource>? _blocks;

    public SegmentFile File { get; } = file;

    /// <summary>Events before this, and not before the end of the segment before, belong here.</summary>
    public long EndMs { get; } = endMs;

    /// <summary>All late events.</summary>
    public LateBuffer Late { get; } = new();

    /// <summary>The late events that are in no file yet.</summary>
    public LateBuffer Unsaved { get; } = new();

    /// <summary>The files that have the other late events.</summary>
    public List<string> Deltas { get; } = [];

    /// <summary>Reading has become so much dearer, or the files so many, that it is time to write the segment anew.</summary>
    public bool IsDueForFolding => Late.Count * 10 > File.Count || Deltas.Count > MaxDeltas;

    public IReadOnlyList<BlockSource> Blocks =>
        _blocks ??= [.. LateEvents.Over([.. LateEvents.Over(File.Blocks, Late.Older)], Late.Recent)];

    public void Add(MemoryBlock events, bool isSaved)
    {
        Late.Add(events);
        if (!isSaved)
            Unsaved.Add(events);
        _blocks = null;
    }

    public void Saved(string delta)
    {
        Deltas.Add(delta);
        Unsaved.Replace([]);
    }

    /// <summary>Gives every late block another of the same events.</summary>
    public void Replace(Func<MemoryBlock, MemoryBlock> with)
    {
        Late.Replace(with);
        Unsaved.Replace(with);
        _blocks = null;
    }
}
