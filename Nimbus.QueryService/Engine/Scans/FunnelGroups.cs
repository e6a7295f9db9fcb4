namespace Nimbus.QueryService.Engine.Scans;

/// <summary>The events of one millisecond, those of each unit together.</summary>
/// <remarks>Keeps its buffers: for one thread.</remarks>
internal sealed class FunnelGroups
{
    // The unit above, the event's index below.
    private ulong[] _order = new ulong[256];
    private uint[] _masks = new uint[64];
    private int[] _ranks = new int[64];
    private int _total;
    private int _start;
    private int _end;
    private int _kept;

    public int Unit { get; private set; }

    /// <summary>How many events the unit has in this millisecond.</summary>
    public int Size => _end - _start;

    /// <summary>The index of the unit's first event.</summary>
    public int First => (int)(uint)_order[_start];

    /// <summary>The unit's events; the lower half of each is its index.</summary>
    public ReadOnlySpan<ulong> Events => _order.AsSpan(_start, Size);

    /// <summary>The steps that the gathered events serve.</summary>
    public ReadOnlySpan<uint> Masks => _masks.AsSpan(0, _kept);

    public ReadOnlySpan<int> Ranks => _ranks.AsSpan(0, _kept);

    /// <summary>Begins with the events [start, end).</summary>
    public void Sort(int start, int end, ReadOnlySpan<int> units)
    {
        Clear(end - start);
        for (var i = start; i < end; i++) Add(units[i], i);
        Sort();
    }

    /// <summary>Makes room for so many events, which are then added one by one and sorted.</summary>
    public void Clear(int most)
    {
        _total = 0;
        if (_order.Length < most) _order = new ulong[most * 2];
    }

    public void Add(int unit, int index) => _order[_total++] = (ulong)(uint)unit << 32 | (uint)index;

    public void Sort()
    {
        _order.AsSpan(0, _total).Sort();
        (_start, _end) = (0, 0);
    }

    /// <summary>Goes to the next unit.</summary>
    public bool Next()
    {
        if (_end == _total) return false;
        _start = _end;
        Unit = (int)(_order[_start] >> 32);
        while (_end < _total && (int)(_order[_end] >> 32) == Unit) _end++;
        return true;
    }

    /// <summary>Gathers the unit's events that serve a step, and returns which exclusions there are among all of them.</summary>
    /// <remarks>Of equal masks one more than there are steps is as good as any number, and the smallest rank as good as each.</remarks>
    public uint Gather(ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks, uint usable, int steps)
    {
        if (_masks.Length < Size) (_masks, _ranks) = (new uint[Size * 2], new int[Size * 2]);
        uint exclusions = 0;
        _kept = 0;
        foreach (var one in Events)
        {
            var e = (int)(uint)one;
            exclusions |= masks[e];
            if ((masks[e] & usable & FunnelPlan.StepBits) == 0) continue;
            _masks[_kept] = masks[e] & usable & FunnelPlan.StepBits;
            _ranks[_kept++] = ranks.IsEmpty ? 0 : ranks[e];
        }
        if (_kept <= steps) return exclusions;

        Span<ulong> sorted = _kept <= 256 ? stackalloc ulong[_kept] : new ulong[_kept];
        for (var i = 0; i < sorted.Length; i++) sorted[i] = (ulong)_masks[i] << 32 | (uint)_ranks[i];
        sorted.Sort();
        _kept = 0;
        var alike = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            alike = i > 0 && sorted[i] >> 32 == sorted[i - 1] >> 32 ? alike + 1 : 0;
            if (alike > steps) continue;
            _masks[_kept] = (uint)(sorted[i] >> 32);
            _ranks[_kept++] = (int)(uint)sorted[i];
        }
        return exclusions;
    }
}
