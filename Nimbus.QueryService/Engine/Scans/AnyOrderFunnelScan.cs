using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>A funnel whose steps come in any order.</summary>
internal sealed class AnyOrderFunnelScan : FunnelScan
{
    private readonly Matching _matching = new();

    // Where events serve several steps or chains are told apart, the latest time of each step is not enough.
    private FunnelWindow?[]? _windows;

    public AnyOrderFunnelScan(FunnelPlan plan, int units)
        : base(plan, units)
    {
        if (plan.Overlaps || plan.IsGrouped) _windows = new FunnelWindow?[Math.Max(units, 1)];
    }

    public override void Add(
        ReadOnlySpan<long> times, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        for (var i = 0; i < times.Length;)
        {
            var time = times[i];
            var end = i + 1;
            while (end < times.Length && times[end] == time) end++;
            if (i + Ahead < units.Length) Prefetch(units[i + Ahead]);
            var now = time - Plan.FromMs + 1;
            var usable = time >= Plan.ToMs ? FunnelPlan.StepBits & ~1u : FunnelPlan.StepBits;
            // The whole millisecond first, so that a chain is judged by all that it holds.
            if (_windows is null)
            {
                for (var e = i; e < end; e++)
                    if ((masks[e] & usable) != 0)
                        Unsafe.Add(ref StateOf(units[e]), 1 + BitOperations.TrailingZeroCount(masks[e] & usable)) = now;
                for (var e = i; e < end; e++) JudgeLatest(units[e], now);
            }
            else
            {
                for (var e = i; e < end; e++)
                    if ((masks[e] & usable) != 0)
                        WindowOf(units[e]).Add(masks[e] & usable, ranks.IsEmpty ? 0 : ranks[e], now, Plan.WindowMs);
                for (var e = i; e < end; e++) JudgeWindow(units[e], now);
            }
            i = end;
        }
    }

    // No event serves two steps: the latest of each is all that counts.
    private void JudgeLatest(int unit, long now)
    {
        ref var state = ref StateOf(unit);
        var level = (int)(state >> LevelShift);
        var start = long.MaxValue;
        for (var step = 1; step <= Steps; step++)
        {
            var latest = Unsafe.Add(ref state, step);
            if (latest == 0 || now - latest > Plan.WindowMs) return;
            start = Math.Min(start, latest);
            if (step > level) Reach(unit, ref state, step, KeyOf(start, 0), now);
        }
    }

    private void JudgeWindow(int unit, long now)
    {
        ref var state = ref StateOf(unit);
        var level = (int)(state >> LevelShift);
        if (level == Steps || unit >= _windows!.Length || _windows[unit] is not { } window) return;
        var reach = _matching.Reach(window.Masks, 0, Steps);
        for (var step = level + 1; step <= reach; step++)
            Reach(unit, ref state, step, KeyOf(window, step), now);
    }

    // The latest start from which on there is a chain to this step, then the smallest rank of such a chain's step 1.
    private long KeyOf(FunnelWindow window, int step)
    {
        var masks = window.Masks;
        // Entries are in order of time.
        for (var first = masks.Length - 1; first >= 0; first--)
        {
            var start = window.Times[first];
            if (first > 0 && window.Times[first - 1] == start) continue;
            var chain = masks[first..];
            if (_matching.Reach(chain, 0, step) < step) continue;
            var rank = (int)RankMask;
            for (var e = 0; Plan.IsGrouped && e < chain.Length; e++)
            {
                var candidate = window.Ranks[first + e];
                if ((chain[e] & 1) != 0 && candidate < rank && _matching.Reach(chain, 0, step, e) == step) rank = candidate;
            }
            return KeyOf(start, rank);
        }
        throw new InvalidOperationException("A chain that was found is gone.");
    }

    private FunnelWindow WindowOf(int unit)
    {
        if (unit >= _windows!.Length) Array.Resize(ref _windows, Math.Max(unit + 1, _windows.Length * 2));
        return _windows[unit] ??= new FunnelWindow();
    }
}
