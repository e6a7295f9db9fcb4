namespace Nimbus.QueryService.Engine;

/// <summary>What a snapshot is of. Nothing in it changes, but for dictionaries, which are appended to.</summary>
/// <param name="Sources">All events, in order of time; they do not overlap and split no millisecond.</param>
/// <param name="Sealed">The segments among them.</param>
/// <param name="Tail">The sources of all that is in no segment, in any order.</param>
internal sealed record ProjectState(
    long Watermark,
    IReadOnlyList<string?> Names,
    Dictionary<string, int> NameCodes,
    PersonMap People,
    ColumnView Columns,
    IReadOnlyList<BlockSource> Sources,
    IReadOnlyList<SealedEvents> Sealed,
    IReadOnlyList<BlockSource> Tail)
{
    /// <summary>Of a project that is in memory alone.</summary>
    public static ProjectState InMemory(
        long watermark, IReadOnlyList<string?> names, Dictionary<string, int> nameCodes, PersonMap people, ColumnSet columns,
        IReadOnlyList<BlockSource> sources) =>
        new(watermark, names, nameCodes, people, columns.View(), sources, [], sources);
}

/// <summary>A segment and the events that came for its time later.</summary>
internal sealed record SealedEvents(SegmentFile File, IReadOnlyList<MemoryBlock> Late);
