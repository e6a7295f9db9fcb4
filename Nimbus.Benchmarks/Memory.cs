using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Nimbus.Benchmarks;

/// <summary>How fast this machine reads memory: what no scan can beat.</summary>
internal static class Memory
{
    /// <summary>One thread adding up more than any cache holds.</summary>
    public static double GigabytesPerSecond()
    {
        var numbers = new long[64 << 20];
        Array.Fill(numbers, 1);
        var best = 0.0;
        for (var i = 0; i < 5; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            var sum = Vector<long>.Zero;
            foreach (var vector in MemoryMarshal.Cast<long, Vector<long>>(numbers)) sum += vector;
            best = Math.Max(best, numbers.Length * 8.0 / Stopwatch.GetElapsedTime(begun).TotalSeconds / 1e9);
            GC.KeepAlive(sum);
        }
        return best;
    }
}
