namespace Nimbus.QueryService.Engine.Scans;

/// <summary>A growing list of times, each with its unit where that is asked for.</summary>
internal sealed class Durations(bool withUnits)
{
    private long[] _times = new long[16];
    private int[] _units = withUnits ? new int[16] : [];
    private int _count;

    public void Add(long time, int unit)
    {
        if (_count == _times.Length)
        {
            Array.Resize(ref _times, _count * 2);
            if (withUnits) Array.Resize(ref _units, _count * 2);
        }
        if (withUnits) _units[_count] = unit;
        _times[_count++] = time;
    }

    public (ReadOnlyMemory<long> Times, ReadOnlyMemory<int> Units) All() =>
        (_times.AsMemory(0, _count), withUnits ? _units.AsMemory(0, _count) : default);

    // Finding it changes the order, which units follow.
    public double? Median() => MedianOf(withUnits ? _times.AsSpan(0, _count).ToArray() : _times.AsSpan(0, _count));

    /// <summary>The middle one, of an even count the average of the middle two; null of none. Leaves them in another order.</summary>
    public static double? MedianOf(Span<long> values)
    {
        if (values.IsEmpty) return null;
        var high = Quickselect.Select(values, values.Length / 2);
        if (values.Length % 2 == 1) return high;
        // What is left of the middle is no larger; the largest of it is the other middle.
        var low = long.MinValue;
        foreach (var value in values[..(values.Length / 2)]) low = Math.Max(low, value);
        return ((double)low + high) / 2;
    }
}
