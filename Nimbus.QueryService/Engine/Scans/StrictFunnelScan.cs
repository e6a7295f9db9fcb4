using System.Runtime.CompilerServices;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>A funnel whose steps follow each other, with no other event of the person in between.</summary>
internal sealed class StrictFunnelScan(FunnelPlan plan, int units) : FunnelScan(plan, units)
{
    private readonly FunnelGroups _groups = new();
    private readonly Matching _matching = new();

    public override void Add(
        ReadOnlySpan<long> times, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        for (var i = 0; i < times.Length;)
        {
            var time = times[i];
            if (i + Ahead < units.Length) Prefetch(units[i + Ahead]);
            if (i + 1 == times.Length || times[i + 1] != time)
            {
                Single(units[i], time, masks[i], ranks.IsEmpty ? 0 : ranks[i]);
                i++;
                continue;
            }
            var end = i + 2;
            while (end < times.Length && times[end] == time) end++;
            Several(time, i, end, units, masks, ranks);
            i = end;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Single(int unit, long time, uint mask, int rank)
    {
        ref var state = ref StateOf(unit);
        var level = (int)(state >> LevelShift);
        if (level == Steps) return;
        if (time >= Plan.ToMs) mask &= ~1u;
        SingleStrict(unit, ref state, level, time - Plan.FromMs + 1, mask, rank);
    }

    // Every event of the person ends the chains that it does not continue.
    private void SingleStrict(int unit, ref long state, int level, long now, uint mask, int rank)
    {
        for (var step = Steps; step >= 1; step--)
        {
            long key = 0;
            if ((mask >> (step - 1) & 1) != 0)
            {
                key = step == 1 ? KeyOf(now, rank) : Unsafe.Add(ref state, step);
                if (key != 0 && now - StartOf(key) > Plan.WindowMs) key = 0;
            }
            if (step < Steps && Unsafe.Add(ref state, step + 1) != key) Unsafe.Add(ref state, step + 1) = key;
            if (key == 0 || level >= step) continue;
            Reach(unit, ref state, step, key, now);
            level = step;
        }
    }

    private void Several(
        long time, int start, int end, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        _groups.Sort(start, end, units);
        while (_groups.Next())
        {
            if (_groups.Size == 1)
            {
                var e = _groups.First;
                Single(_groups.Unit, time, masks[e], ranks.IsEmpty ? 0 : ranks[e]);
                continue;
            }
            ref var state = ref StateOf(_groups.Unit);
            var level = (int)(state >> LevelShift);
            if (level == Steps) continue;
            _groups.Gather(masks, ranks, time >= Plan.ToMs ? ~1u : ~0u, Steps);
            StrictGroup(_groups.Unit, ref state, level, time - Plan.FromMs + 1, _groups.Size);
        }
    }

    // A chain lives on when it took the whole group, or when it began in the group and took the last of it.
    private void StrictGroup(int unit, ref long state, int level, long now, int all)
    {
        Span<long> reached = stackalloc long[FunnelPlan.MaxSteps + 1];
        Span<long> live = stackalloc long[FunnelPlan.MaxSteps + 1];
        reached.Clear();
        live.Clear();
        var masks = _groups.Masks;
        for (var from = Steps - 1; from >= 1; from--)
        {
            var key = Unsafe.Add(ref state, from + 1);
            if (key == 0 || now - StartOf(key) > Plan.WindowMs) continue;
            var reach = _matching.Reach(masks, from, Steps);
            for (var step = from + 1; step <= reach; step++) reached[step] = Math.Max(reached[step], key);
            if (from + all <= reach) live[from + all] = Math.Max(live[from + all], key);
        }
        for (var e = 0; e < masks.Length; e++)
        {
            if ((masks[e] & 1) == 0) continue;
            var reach = _matching.Reach(masks, 0, Steps, Plan.IsGrouped ? e : -1);
            var key = KeyOf(now, _groups.Ranks[e]);
            for (var step = 1; step <= reach; step++)
            {
                reached[step] = Math.Max(reached[step], key);
                live[step] = Math.Max(live[step], key);
            }
            if (!Plan.IsGrouped) break;
        }
        for (var step = 1; step < Steps; step++) Unsafe.Add(ref state, step + 1) = live[step];
        ReachAll(unit, ref state, level, now, reached);
    }
}
