namespace Nimbus.QueryService.Engine;

/// <summary>
/// Some of a project's events in order of time, at most about 65,000; read it through a <see cref="BlockView"/>. Blocks do
/// not overlap, and events of one millisecond are all in one block.
/// </summary>
public sealed class EventBlock
{
    internal EventBlock(BlockSource source, int start, int count, long firstMs, long lastMs)
    {
        (Source, Start, Count, FirstMs, LastMs) = (source, start, count, firstMs, lastMs);
    }

    /// <summary>How many events; not 0.</summary>
    public int Count { get; }

    /// <summary>The time of the first event, in Unix milliseconds.</summary>
    public long FirstMs { get; }

    /// <summary>The time of the last event.</summary>
    public long LastMs { get; }

    /// <summary>
    /// The sealed segment that the whole of this block belongs to and its version, 0 where a block is cut, merged or still
    /// in memory. Two blocks with the same number, <see cref="FirstMs"/> and <see cref="Count"/> hold the same events, in
    /// whatever snapshot.
    /// </summary>
    public long SealedVersion => Start == 0 && Count == Source.Count ? Source.SealedVersion : 0;

    internal BlockSource Source { get; }

    internal int Start { get; }
}
