using System.Runtime.CompilerServices;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>A funnel whose steps follow each other, with no other event of the person in between.</summary>
internal sealed class StrictFunnelScan(FunnelPlan plan, int units) : FunnelScan(plan, units)
{
    private readonly FunnelGroups _groups = new();
    private readonly Matching _matching = new();

    // A bit for each unit that has a chain. Most events meet none, and then only a step 1 makes a difference.
    private ulong[] _alive = new ulong[(Math.Max(units, 1) + 63) / 64];

    public override void Add(
        ReadOnlySpan<long> times, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        for (var i = 0; i < times.Length;)
        {
            var time = times[i];
            if (i + Ahead < units.Length && ((masks[i + Ahead] & 1) != 0 || IsAlive(units[i + Ahead]))) Prefetch(units[i + Ahead]);
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
        if (time >= Plan.ToMs) mask &= ~1u;
        if ((mask & 1) == 0 && !IsAlive(unit)) return;
        ref var state = ref StateOf(unit);
        var level = (int)(state >> LevelShift);
        if (level == Steps) return;
        SingleStrict(unit, ref state, level, time - Plan.FromMs + 1, mask, rank);
    }

    // Every event of the person ends the chains that it does not continue.
    private void SingleStrict(int unit, ref long state, int level, long now, uint mask, int rank)
    {
        var isAlive = false;
        for (var step = Steps; step >= 1; step--)
        {
            long key = 0;
            if ((mask >> (step - 1) & 1) != 0)
            {
                key = step == 1 ? KeyOf(now, rank) : Unsafe.Add(ref state, step);
                if (key != 0 && now - StartOf(key) > Plan.WindowMs) key = 0;
            }
            if (step < Steps)
            {
                isAlive |= key != 0;
                if (Unsafe.Add(ref state, step + 1) != key) Unsafe.Add(ref state, step + 1) = key;
            }
            if (key == 0 || level >= step) continue;
            Reach(unit, ref state, step, key, now);
            level = step;
        }
        SetAlive(unit, isAlive);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsAlive(int unit) => unit >> 6 < _alive.Length && (_alive[unit >> 6] >> unit & 1) != 0;

    private void SetAlive(int unit, bool isAlive)
    {
        if (unit >> 6 >= _alive.Length) Array.Resize(ref _alive, Math.Max((unit >> 6) + 1, _alive.Length * 2));
        var bit = 1ul << unit;
        if (isAlive) _alive[unit >> 6] |= bit;
        else _alive[unit >> 6] &= ~bit;
    }

    private void Several(
        long time, int start, int end, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        _groups.Clear(end - start);
        // Where no chain is alive, what serves no step ends none, and no chain that begins here minds it.
        for (var i = start; i < end; i++)
            if ((masks[i] & FunnelPlan.StepBits) != 0 || IsAlive(units[i])) _groups.Add(units[i], i);
        _groups.Sort();
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
        SetAlive(unit, live[1..Steps].ContainsAnyExcept(0));
        ReachAll(unit, ref state, level, now, reached);
    }
}
