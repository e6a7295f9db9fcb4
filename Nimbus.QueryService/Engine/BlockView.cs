namespace Nimbus.QueryService.Engine;

/// <summary>
/// Reads one block at a time: <c>foreach (var block in snapshot.Blocks(from, to)) { view.Open(block); … }</c>. A column is
/// decoded each time it is asked for, so ask once a block, into memory that the next block reuses.
/// For one thread; several threads take a view each and share the blocks out.
/// </summary>
public sealed class BlockView
{
    private readonly Dictionary<int, CodeScratch> _codes = [];
    private EventBlock? _block;
    private long[]? _times;
    private int[]? _names;
    private int[]? _persons;
    private byte[]? _flags;
    private long[]? _seqs;

    /// <summary>How many events the block has; the length of every span here.</summary>
    public int Count => Block.Count;

    /// <summary>In Unix milliseconds, ascending. Events of one millisecond are in the order of seq, then of arrival.</summary>
    public ReadOnlySpan<long> Times => Cut(Block.Source.Times(ref _times));

    /// <summary>Codes of <see cref="ProjectSnapshot.Names"/>.</summary>
    public ReadOnlySpan<int> Names => Cut(Block.Source.Names(ref _names));

    /// <summary>
    /// The dense number of the event's own id (its user id, else its anonymous id), -1 without one. Whose it is says
    /// <see cref="PersonMap.Canonical"/>, where protected ids are nobody's.
    /// </summary>
    public ReadOnlySpan<int> Persons => Cut(Block.Source.Persons(ref _persons));

    /// <summary>See <see cref="EventFlags"/>.</summary>
    public ReadOnlySpan<byte> Flags => Cut(Block.Source.Flags(ref _flags));

    /// <summary>The events' seq, long.MaxValue without one; empty where no event of the block has one.</summary>
    public ReadOnlySpan<long> Seqs => Block.Source.Seqs(ref _seqs) is { IsEmpty: false } seqs ? Cut(seqs) : default;

    private EventBlock Block => _block ?? throw new InvalidOperationException("Open a block first.");

    /// <summary>Goes to a block of a snapshot that is not disposed.</summary>
    public void Open(EventBlock block) => _block = block;

    /// <summary>The value each event has of a property, as a code of the column, 0 where it does not have it.</summary>
    /// <param name="column">Of the same snapshot.</param>
    public ReadOnlySpan<int> Codes(PropertyColumn column)
    {
        if (!_codes.TryGetValue(column.Id, out var scratch))
            _codes.Add(column.Id, scratch = new CodeScratch());
        if (column.People is { } people)
            return people.Of(Persons, ref scratch.Codes);
        return Cut(Block.Source.Codes(column.Id, column, ref scratch.Codes));
    }

    private ReadOnlySpan<T> Cut<T>(ReadOnlySpan<T> whole) => whole.Slice(Block.Start, Block.Count);

    private sealed class CodeScratch
    {
        public int[]? Codes;
    }
}
