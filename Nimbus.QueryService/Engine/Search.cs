namespace Nimbus.QueryService.Engine;

internal static class Search
{
    /// <summary>Where in ascending times the first lies that is not before <paramref name="ms"/>; their count without one.</summary>
    public static int FirstAtLeast(ReadOnlySpan<long> times, long ms)
    {
        var (low, high) = (0, times.Length);
        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) / 2);
            if (times[middle] < ms)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
