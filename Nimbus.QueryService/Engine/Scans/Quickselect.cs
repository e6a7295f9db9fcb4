using System.Numerics;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>What sorting would put at an index, without sorting a million values.</summary>
internal static class Quickselect
{
    /// <summary>Leaves the values in another order: none before the index is larger, none after it smaller.</summary>
    public static T Select<T>(Span<T> values, int index) where T : INumber<T>
    {
        var (low, high) = (0, values.Length - 1);
        while (low < high)
        {
            var pivot = MiddleOf(values[low], values[(int)(((uint)low + (uint)high) / 2)], values[high]);
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (values[i] < pivot) i++;
                while (values[j] > pivot) j--;
                if (i > j) break;
                (values[i], values[j]) = (values[j], values[i]);
                i++;
                j--;
            }
            if (index <= j) high = j;
            else if (index >= i) low = i;
            else break;
        }
        return values[index];
    }

    private static T MiddleOf<T>(T a, T b, T c) where T : INumber<T> => T.Max(T.Min(a, b), T.Min(T.Max(a, b), c));
}
