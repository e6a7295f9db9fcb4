namespace Nimbus.QueryService.Engine;

/// <summary>
/// Events that come in small batches, in order of time, over blocks that are there already. The newest are kept apart until they
/// are enough to be worth copying what they fall between. For one thread.
/// </summary>
internal sealed class LateBuffer
{
    private const int MaxRecent = 8_192;

    /// <summary>Most of them.</summary>
    public IReadOnlyList<MemoryBlock> Older { get; private set; } = [];

    /// <summary>What came last.</summary>
    public IReadOnlyList<MemoryBlock> Recent { get; private set; } = [];

    public IEnumerable<MemoryBlock> All => Older.Concat(Recent);

    /// <summary>All of them in order of time.</summary>
    public IEnumerable<BlockSource> Blocks => Older.Count == 0 ? Recent : LateEvents.Over(Older, Recent);

    public long Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(MemoryBlock events)
    {
        Recent = LateEvents.Insert(Recent, events);
        Measure();
        if (Recent.Sum(block => block.Count) > MaxRecent)
            Settle();
    }

    /// <summary>All of them in one order.</summary>
    public IReadOnlyList<MemoryBlock> Settle()
    {
        foreach (var block in Recent)
            Older = LateEvents.Insert(Older, block);
        Recent = [];
        return Older;
    }

    public void Replace(IEnumerable<MemoryBlock> older)
    {
        (Older, Recent) = ([.. older], []);
        Measure();
    }

    /// <summary>Gives every block another of the same events.</summary>
    public void Replace(Func<MemoryBlock, MemoryBlock> with)
    {
        (Older, Recent) = ([.. Older.Select(with)], [.. Recent.Select(with)]);
        Measure();
    }

    private void Measure() => (Count, Bytes) = (All.Sum(block => (long)block.Count), All.Sum(block => block.Bytes));
}
