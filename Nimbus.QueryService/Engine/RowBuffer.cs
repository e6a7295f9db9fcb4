namespace Nimbus.QueryService.Engine;

/// <summary>Events on their way into blocks, column by column, in the order in which they came.</summary>
internal sealed class RowBuffer
{
    /// <summary>
    /// Events in a block, but for a millisecond that has more. Its columns then fit a core's second-level cache.
    /// </summary>
    public const int BlockEvents = 65_536;

    private readonly Dictionary<int, int[]> _codes = [];
    private long[] _times = new long[64];
    private int[] _names = new int[64];
    private int[] _persons = new int[64];
    private byte[] _flags = new byte[64];
    private long[]? _seqs;

    public int Count { get; private set; }

    /// <summary>About how much memory this holds.</summary>
    public long Bytes => (long)_times.Length * (17 + (_seqs is null ? 0 : 8) + (4 * _codes.Count));

    public long TimeOf(int row) => _times[row];

    public void Add(long ms, int name, int person, byte flags, long? seq)
    {
        if (Count == _times.Length)
            Grow();
        var row = Count++;
        (_times[row], _names[row], _persons[row], _flags[row]) = (ms, name, person, flags);
        if (seq is not null && _seqs is null)
        {
            _seqs = new long[_times.Length];
            Array.Fill(_seqs, long.MaxValue, 0, row);
        }
        if (_seqs is not null)
            _seqs[row] = seq ?? long.MaxValue;
    }

    /// <summary>Sets a property of the event added last.</summary>
    public void SetCode(int column, int code)
    {
        if (code == 0)
            return;
        if (!_codes.TryGetValue(column, out var codes))
            _codes.Add(column, codes = new int[_times.Length]);
        codes[Count - 1] = code;
    }

    public void Clear()
    {
        Count = 0;
        _codes.Clear();
        _seqs = null;
    }

    /// <summary>The rows as blocks: by time, then seq, then as they came.</summary>
    public List<MemoryBlock> ToBlocks(int blockEvents = BlockEvents, Func<int, long>? sealedVersion = null)
    {
        var order = Order();
        var blocks = new List<MemoryBlock>();
        for (var start = 0; start < Count;)
        {
            var end = Math.Min(start + blockEvents, Count);
            while (end < Count && _times[order[end]] == _times[order[end - 1]])
                end++;
            blocks.Add(Block(order.AsSpan(start, end - start), sealedVersion?.Invoke(blocks.Count) ?? 0));
            start = end;
        }
        return blocks;
    }

    private MemoryBlock Block(ReadOnlySpan<int> rows, long sealedVersion)
    {
        var codes = new Dictionary<int, int[]>();
        foreach (var (column, all) in _codes)
        {
            var picked = Pick(all, rows);
            if (picked.AsSpan().ContainsAnyExcept(0))
                codes.Add(column, picked);
        }
        var seqs = _seqs is null ? null : Pick(_seqs, rows);
        if (seqs is not null && !seqs.AsSpan().ContainsAnyExcept(long.MaxValue))
            seqs = null;
        return new MemoryBlock(
            Pick(_times, rows), Pick(_names, rows), Pick(_persons, rows), Pick(_flags, rows), seqs, codes)
        {
            SealedAs = sealedVersion,
        };
    }

    private int[] Order()
    {
        var order = new int[Count];
        for (var row = 0; row < Count; row++)
            order[row] = row;
        var isSorted = true;
        for (var row = 1; row < Count && isSorted; row++)
            isSorted = Compare(row - 1, row) <= 0;
        if (!isSorted)
            order.AsSpan().Sort(Compare);
        return order;
    }

    private int Compare(int a, int b)
    {
        var byTime = _times[a].CompareTo(_times[b]);
        if (byTime != 0)
            return byTime;
        var bySeq = _seqs is null ? 0 : _seqs[a].CompareTo(_seqs[b]);
        return bySeq != 0 ? bySeq : a.CompareTo(b);
    }

    private void Grow()
    {
        var size = _times.Length * 2;
        Array.Resize(ref _times, size);
        Array.Resize(ref _names, size);
        Array.Resize(ref _persons, size);
        Array.Resize(ref _flags, size);
        if (_seqs is not null)
            Array.Resize(ref _seqs, size);
        foreach (var column in _codes.Keys.ToList())
        {
            var codes = _codes[column];
            Array.Resize(ref codes, size);
            _codes[column] = codes;
        }
    }

    private static T[] Pick<T>(T[] all, ReadOnlySpan<int> rows)
    {
        var picked = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            picked[i] = all[rows[i]];
        return picked;
    }
}
