namespace Nimbus.QueryService.Engine;

/// <summary>A block together with late events that belong between its own, merged when it is read.</summary>
internal sealed class MergedBlock : BlockSource
{
    private readonly BlockSource _block;
    private readonly BlockSource _late;

    // For each late event, how many of the block's come before it.
    private readonly int[] _places;

    /// <param name="block">A sealed one, or one in memory.</param>
    /// <param name="late">Events of the same range of time.</param>
    public MergedBlock(BlockSource block, BlockSource late)
    {
        (_block, _late) = (block, late);
        long[]? scratchA = null, scratchB = null;
        var times = block.Times(ref scratchA);
        var lateTimes = late.Times(ref scratchB);
        FirstMs = Math.Min(times[0], lateTimes[0]);
        LastMs = Math.Max(times[^1], lateTimes[^1]);
        long[]? scratchC = null, scratchD = null;
        var seqs = block.Seqs(ref scratchC);
        var lateSeqs = late.Seqs(ref scratchD);
        _places = new int[lateTimes.Length];
        var place = 0;
        for (var i = 0; i < lateTimes.Length; i++)
        {
            // In one millisecond by seq, then by arrival: late is after.
            var seq = lateSeqs.IsEmpty ? long.MaxValue : lateSeqs[i];
            place += Search.FirstAtLeast(times[place..], lateTimes[i]);
            while (place < times.Length && times[place] == lateTimes[i]
                && (seqs.IsEmpty ? long.MaxValue : seqs[place]) <= seq)
                place++;
            _places[i] = place;
        }
    }

    public override int Count => _block.Count + _late.Count;

    public override long FirstMs { get; }

    public override long LastMs { get; }

    public override IEnumerable<int> Columns => _block.Columns.Union(_late.Columns);

    public override bool IsRaw(int column) => _block.IsRaw(column) || _late.IsRaw(column);

    public override ReadOnlySpan<long> Times(scoped ref long[]? scratch)
    {
        long[]? a = null, b = null;
        return Merge(_block.Times(ref a), _late.Times(ref b), ref scratch);
    }

    public override ReadOnlySpan<int> Names(scoped ref int[]? scratch)
    {
        int[]? a = null, b = null;
        return Merge(_block.Names(ref a), _late.Names(ref b), ref scratch);
    }

    public override ReadOnlySpan<int> Persons(scoped ref int[]? scratch)
    {
        int[]? a = null, b = null;
        return Merge(_block.Persons(ref a), _late.Persons(ref b), ref scratch);
    }

    public override ReadOnlySpan<byte> Flags(scoped ref byte[]? scratch)
    {
        byte[]? a = null, b = null;
        return Merge(_block.Flags(ref a), _late.Flags(ref b), ref scratch);
    }

    public override ReadOnlySpan<long> Seqs(scoped ref long[]? scratch)
    {
        long[]? a = null, b = null;
        var seqs = _block.Seqs(ref a);
        var lateSeqs = _late.Seqs(ref b);
        if (seqs.IsEmpty && lateSeqs.IsEmpty)
            return default;
        return Merge(
            seqs.IsEmpty ? None(_block.Count) : seqs, lateSeqs.IsEmpty ? None(_late.Count) : lateSeqs, ref scratch);

        static long[] None(int count)
        {
            var none = new long[count];
            Array.Fill(none, long.MaxValue);
            return none;
        }
    }

    public override ReadOnlySpan<int> Codes(int column, PropertyColumn? values, scoped ref int[]? scratch)
    {
        int[]? a = null, b = null;
        return Merge(_block.Codes(column, values, ref a), _late.Codes(column, values, ref b), ref scratch);
    }

    private Span<T> Merge<T>(scoped ReadOnlySpan<T> own, scoped ReadOnlySpan<T> late, scoped ref T[]? scratch)
    {
        var merged = Room(ref scratch, Count);
        var taken = 0;
        for (var i = 0; i < late.Length; i++)
        {
            own[taken.._places[i]].CopyTo(merged[(taken + i)..]);
            taken = _places[i];
            merged[taken + i] = late[i];
        }
        own[taken..].CopyTo(merged[(taken + late.Length)..]);
        return merged;
    }
}
