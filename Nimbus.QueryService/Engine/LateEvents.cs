namespace Nimbus.QueryService.Engine;

/// <summary>Keeps blocks in order of time while events come between them. Blocks are never changed, but replaced.</summary>
internal static class LateEvents
{
    /// <summary>The blocks with more events in between; those that get too large become several.</summary>
    /// <param name="blocks">In order of time, not overlapping.</param>
    /// <param name="more">In order of time.</param>
    public static List<MemoryBlock> Insert(IReadOnlyList<MemoryBlock> blocks, MemoryBlock more)
    {
        if (blocks.Count == 0)
            return Split(more);
        var result = new List<MemoryBlock>(blocks.Count + 1);
        for (var i = 0; i < blocks.Count; i++)
        {
            var (start, end) = Share(more, i == 0, i + 1 < blocks.Count ? blocks[i + 1].FirstMs : long.MaxValue, blocks[i].FirstMs);
            if (start == end)
                result.Add(blocks[i]);
            else if (i == blocks.Count - 1 && blocks[i].Count >= RowBuffer.BlockEvents && more.TimeAt(start) > blocks[i].LastMs)
                result.AddRange([blocks[i], .. Split(MemoryBlock.Of(more, start, end - start))]);
            else
                result.AddRange(Split(new MergedBlock(blocks[i], MemoryBlock.Of(more, start, end - start))));
        }
        return result;
    }

    /// <summary>Sealed blocks with late events merged in.</summary>
    public static IEnumerable<BlockSource> Over(IReadOnlyList<BlockSource> blocks, IReadOnlyList<MemoryBlock> late)
    {
        if (late.Count == 0)
            return blocks;
        if (blocks.Count == 0)
            return late;
        var result = new List<BlockSource>(blocks.Count);
        for (var i = 0; i < blocks.Count; i++)
        {
            var merged = blocks[i];
            var next = i + 1 < blocks.Count ? blocks[i + 1].FirstMs : long.MaxValue;
            foreach (var events in late)
            {
                var (start, end) = Share(events, i == 0, next, blocks[i].FirstMs);
                if (start < end)
                    merged = new MergedBlock(merged, start == 0 && end == events.Count ? events : MemoryBlock.Of(events, start, end - start));
            }
            result.Add(merged);
        }
        return result;
    }

    // What belongs to a block: from its first millisecond up to the next block's, and to the first all that is before it.
    private static (int Start, int End) Share(MemoryBlock events, bool isFirst, long nextMs, long firstMs)
    {
        if (events.FirstMs >= nextMs || (!isFirst && events.LastMs < firstMs))
            return (0, 0);
        return (isFirst ? 0 : events.FirstAtLeast(firstMs), nextMs == long.MaxValue ? events.Count : events.FirstAtLeast(nextMs));
    }

    private static List<MemoryBlock> Split(BlockSource source)
    {
        if (source.Count <= RowBuffer.BlockEvents)
            return [source as MemoryBlock ?? MemoryBlock.Of(source, 0, source.Count)];
        long[]? scratch = null;
        var times = source.Times(ref scratch);
        var blocks = new List<MemoryBlock>();
        for (var start = 0; start < times.Length;)
        {
            var end = Math.Min(start + RowBuffer.BlockEvents, times.Length);
            while (end < times.Length && times[end] == times[end - 1])
                end++;
            blocks.Add(MemoryBlock.Of(source, start, end - start));
            start = end;
        }
        return blocks;
    }
}
