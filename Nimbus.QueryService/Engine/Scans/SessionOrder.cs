namespace Nimbus.QueryService.Engine.Scans;

/// <summary>
/// The order in which a person's events of one millisecond are cut into sessions: by seq, then by the client's session id, then by
/// the value that sessions are grouped by. As they arrived would be another order whenever they are read again. For one thread.
/// </summary>
/// <param name="ids">The column of session ids; null without.</param>
/// <param name="values">The column that sessions are grouped by; null without.</param>
internal sealed class SessionOrder(PersonMap people, PropertyColumn? ids, PropertyColumn? values)
{
    // The person above, the index below.
    private ulong[] _order = new ulong[64];
    private int[] _positions = new int[64];
    private uint[] _masks = new uint[64];
    private long[] _seqs = [];
    private int[] _idCodes = [];
    private int[] _valueCodes = [];
    private bool _hasColumns;

    /// <summary>Puts the selected events of the view's block into that order; those of one millisecond are then by person.</summary>
    public void Sort(BlockView view, Span<int> positions, Span<uint> masks)
    {
        if (ids is null && values is null) return;
        var times = view.Times;
        var persons = view.Persons;
        _hasColumns = false;
        for (var start = 0; start < positions.Length;)
        {
            var end = start + 1;
            while (end < positions.Length && times[positions[end]] == times[positions[start]]) end++;
            if (end > start + 1) SortRun(view, persons, positions[start..end], masks[start..end]);
            start = end;
        }
    }

    private void SortRun(BlockView view, ReadOnlySpan<int> persons, Span<int> positions, Span<uint> masks)
    {
        var count = positions.Length;
        if (_order.Length < count) (_order, _positions, _masks) = (new ulong[count * 2], new int[count * 2], new uint[count * 2]);
        positions.CopyTo(_positions);
        masks.CopyTo(_masks);
        var order = _order.AsSpan(0, count);
        for (var i = 0; i < count; i++) order[i] = (ulong)(uint)people.Canonical(persons[positions[i]]) << 32 | (uint)i;
        order.Sort();
        for (var first = 0; first < count;)
        {
            var next = first + 1;
            while (next < count && order[next] >> 32 == order[first] >> 32) next++;
            if (next > first + 1)
            {
                ReadColumns(view);
                order[first..next].Sort(Compare);
            }
            first = next;
        }
        for (var i = 0; i < count; i++) (positions[i], masks[i]) = (_positions[(int)(uint)order[i]], _masks[(int)(uint)order[i]]);
    }

    // Once a block, and only where somebody has several events in a millisecond.
    private void ReadColumns(BlockView view)
    {
        if (_hasColumns) return;
        _hasColumns = true;
        _seqs = view.Seqs.ToArray();
        _idCodes = ids is null ? [] : view.Codes(ids).ToArray();
        _valueCodes = values is null ? [] : view.Codes(values).ToArray();
    }

    private int Compare(ulong a, ulong b)
    {
        var (one, other) = (_positions[(int)(uint)a], _positions[(int)(uint)b]);
        if (_seqs.Length > 0 && _seqs[one].CompareTo(_seqs[other]) is not 0 and var bySeq) return bySeq;
        if (ids is not null && Compare(ids, _idCodes[one], _idCodes[other]) is not 0 and var byId) return byId;
        return values is null ? 0 : Compare(values, _valueCodes[one], _valueCodes[other]);
    }

    private static int Compare(PropertyColumn column, int a, int b) => a == b ? 0 : PropertyValue.InOrder.Compare(column[a], column[b]);
}
