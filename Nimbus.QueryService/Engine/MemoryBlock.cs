namespace Nimbus.QueryService.Engine;

/// <summary>A block whose columns are arrays: the tail, and late events until they are in a file.</summary>
internal sealed class MemoryBlock : BlockSource
{
    private readonly long[] _times;
    private readonly int[] _names;
    private readonly int[] _persons;
    private readonly byte[] _flags;
    private readonly long[]? _seqs;
    private readonly Dictionary<int, int[]> _codes;

    /// <param name="codes">By the id of the column; events without it have 0.</param>
    public MemoryBlock(
        long[] times, int[] names, int[] persons, byte[] flags, long[]? seqs, Dictionary<int, int[]> codes)
    {
        (_times, _names, _persons, _flags, _seqs, _codes) = (times, names, persons, flags, seqs, codes);
    }

    /// <summary>What a test says that it is.</summary>
    public long SealedAs { get; init; }

    public override long SealedVersion => SealedAs;

    public override int Count => _times.Length;

    public override long FirstMs => _times[0];

    public override long LastMs => _times[^1];

    public override IEnumerable<int> Columns => _codes.Keys;

    /// <summary>About how much memory this holds.</summary>
    public long Bytes => (long)Count * (17 + (_seqs is null ? 0 : 8) + (4 * _codes.Count));

    public long TimeAt(int row) => _times[row];

    /// <summary>Where the first event lies that is not before a time; the count without one.</summary>
    public int FirstAtLeast(long ms) => Search.FirstAtLeast(_times, ms);

    /// <summary>A copy of part of a block, its columns in arrays.</summary>
    /// <param name="source">Made of blocks in memory, or of a file of late events.</param>
    public static MemoryBlock Of(BlockSource source, int start, int count)
    {
        long[]? longs = null, seqLongs = null;
        int[]? names = null, persons = null, codes = null;
        byte[]? bytes = null;
        var seqs = source.Seqs(ref seqLongs);
        var columns = new Dictionary<int, int[]>();
        foreach (var column in source.Columns)
        {
            var part = source.Codes(column, values: null, ref codes).Slice(start, count);
            if (part.ContainsAnyExcept(0))
                columns.Add(column, part.ToArray());
        }
        return new MemoryBlock(
            source.Times(ref longs).Slice(start, count).ToArray(),
            source.Names(ref names).Slice(start, count).ToArray(),
            source.Persons(ref persons).Slice(start, count).ToArray(),
            source.Flags(ref bytes).Slice(start, count).ToArray(),
            seqs.IsEmpty ? null : seqs.Slice(start, count).ToArray(),
            columns);
    }

    /// <summary>The same events where a column has other codes.</summary>
    /// <param name="codeOf">By the code until now.</param>
    public MemoryBlock WithCodes(int column, int[] codeOf) => !_codes.TryGetValue(column, out var codes) ? this
        : new MemoryBlock(_times, _names, _persons, _flags, _seqs,
            new Dictionary<int, int[]>(_codes) { [column] = Array.ConvertAll(codes, code => codeOf[code]) });

    public override ReadOnlySpan<long> Times(scoped ref long[]? scratch) => _times;

    public override ReadOnlySpan<int> Names(scoped ref int[]? scratch) => _names;

    public override ReadOnlySpan<int> Persons(scoped ref int[]? scratch) => _persons;

    public override ReadOnlySpan<byte> Flags(scoped ref byte[]? scratch) => _flags;

    public override ReadOnlySpan<long> Seqs(scoped ref long[]? scratch) => _seqs;

    public override ReadOnlySpan<int> Codes(int column, PropertyColumn? values, scoped ref int[]? scratch)
    {
        if (_codes.TryGetValue(column, out var codes))
            return codes;
        var none = Room(ref scratch, Count);
        none.Clear();
        return none;
    }
}
