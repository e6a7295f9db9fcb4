using Nimbus.QueryService.Engine;

namespace Nimbus.QueryService.Querying;

/// <summary>Consecutive blocks that one thread scans: of one sealed segment, or some that are not sealed.</summary>
public sealed class Stretch
{
    // What is not sealed has no end of its own.
    private const int MaxLooseBlocks = 8;

    private Stretch(IReadOnlyList<EventBlock> blocks) => Blocks = blocks;

    /// <summary>At least one.</summary>
    public IReadOnlyList<EventBlock> Blocks { get; }

    /// <summary>See <see cref="EventBlock.SealedVersion"/>: with it the times and the count say which events these are.</summary>
    public long SealedVersion => Blocks[0].SealedVersion;

    public long FirstMs => Blocks[0].FirstMs;

    public long LastMs => Blocks[^1].LastMs;

    public int Count => Blocks.Sum(block => block.Count);

    /// <summary>Some of its values of a property are in no dictionary.</summary>
    internal bool IsRaw(PropertyColumn column) => Blocks.Any(block => block.Source.IsRaw(column.Id));

    public static List<Stretch> Of(IReadOnlyList<EventBlock> blocks)
    {
        var stretches = new List<Stretch>();
        for (var start = 0; start < blocks.Count;)
        {
            var version = blocks[start].SealedVersion;
            var end = start + 1;
            while (end < blocks.Count && blocks[end].SealedVersion == version && (version != 0 || end - start < MaxLooseBlocks)) end++;
            stretches.Add(new([.. blocks.Skip(start).Take(end - start)]));
            start = end;
        }
        return stretches;
    }
}
