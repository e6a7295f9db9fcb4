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

    public override int Count => _times.Length;

    public override long FirstMs => _times[0];

    public override long LastMs => _times[^1];

    public IReadOnlyDictionary<int, int[]> AllCodes => _codes;

    public override ReadOnlySpan<long> Times(ref long[]? scratch) => _times;

    public override ReadOnlySpan<int> Names(ref int[]? scratch) => _names;

    public override ReadOnlySpan<int> Persons(ref int[]? scratch) => _persons;

    public override ReadOnlySpan<byte> Flags(ref byte[]? scratch) => _flags;

    public override ReadOnlySpan<long> Seqs(ref long[]? scratch) => _seqs;

    public override ReadOnlySpan<int> Codes(PropertyColumn column, ref int[]? scratch)
    {
        if (_codes.TryGetValue(column.Id, out var codes))
            return codes;
        var none = Room(ref scratch, Count);
        none.Clear();
        return none;
    }
}
