namespace Nimbus.QueryService.Engine;

/// <summary>What a snapshot is of. Nothing in it changes, but for dictionaries, which are appended to.</summary>
/// <param name="Sources">In order of time; they do not overlap and split no millisecond.</param>
internal sealed record ProjectState(
    long Watermark,
    IReadOnlyList<string?> Names,
    Dictionary<string, int> NameCodes,
    PersonMap People,
    ColumnSet Columns,
    IReadOnlyList<BlockSource> Sources);
