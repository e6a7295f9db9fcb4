using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>A funnel whose steps come in order, with whatever else in between that does not exclude it.</summary>
internal sealed class OrderedFunnelScan : FunnelScan
{
    // What a unit has open of a group, behind its level: a number of the millisecond and the union of its masks. The key of
    // level k is k + 1 behind.
    private const int Open = 1;

    private readonly FunnelGroups _groups = new();
    private readonly Matching _matching = new();
    private readonly uint _killable;
    private int[] _touched = new int[256];
    private int[] _ranksOfTouched = new int[256];
    private long _run;

    public OrderedFunnelScan(FunnelPlan plan, int units)
        : base(plan, units)
    {
        foreach (var exclusion in plan.Exclusions)
            for (var level = exclusion.After; level < exclusion.Before; level++) _killable |= 1u << level;
    }

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
            if (Plan.Overlaps) Matched(time, i, end, units, masks, ranks);
            else United(time, i, end, units, masks, ranks);
            i = end;
        }
    }

    // An event alone in its millisecond serves one step: the highest first, so that each move starts from the old keys.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Single(int unit, long time, uint mask, int rank)
    {
        ref var state = ref StateOf(unit);
        var level = (int)(state >> LevelShift);
        if (level == Steps) return;
        if (time >= Plan.ToMs) mask &= ~1u;
        SingleOrdered(unit, ref state, level, time - Plan.FromMs + 1, mask, rank);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SingleOrdered(int unit, ref long state, int level, long now, uint mask, int rank)
    {
        if (_killable != 0 && mask > FunnelPlan.StepBits) Kill(ref state, mask);
        for (var steps = mask & FunnelPlan.StepBits; steps != 0;)
        {
            var step = 32 - BitOperations.LeadingZeroCount(steps);
            steps &= ~(1u << (step - 1));
            long key;
            if (step == 1) key = KeyOf(now, rank);
            else
            {
                key = Unsafe.Add(ref state, step);
                if (key == 0 || now - StartOf(key) > Plan.WindowMs) continue;
            }
            if (step < Steps && Unsafe.Add(ref state, step + 1) < key) Unsafe.Add(ref state, step + 1) = key;
            if (level < step)
            {
                Reach(unit, ref state, step, key, now);
                level = step;
            }
        }
    }

    // No event serves two steps, so a group is known by the union of its masks and is gathered in the units' own state.
    private void United(
        long time, int start, int end, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        _run++;
        if (_touched.Length < end - start)
        {
            _touched = new int[(end - start) * 2];
            _ranksOfTouched = new int[(end - start) * 2];
        }
        var touched = 0;
        var usable = time >= Plan.ToMs ? ~1u : ~0u;
        if (!ranks.IsEmpty)
        {
            UnitedRanks(start, end, units, masks, ranks, ref touched);
        }
        else
        {
            for (var i = start; i < end; i++)
            {
                ref var open = ref Unsafe.Add(ref StateOf(units[i]), Open);
                if (open >> 32 == _run)
                {
                    open |= masks[i];
                    continue;
                }
                open = _run << 32 | masks[i];
                _touched[touched++] = units[i];
            }
        }
        for (var i = 0; i < touched; i++)
        {
            ref var state = ref StateOf(_touched[i]);
            var level = (int)(state >> LevelShift);
            if (level == Steps) continue;
            var union = (uint)Unsafe.Add(ref state, Open) & usable;
            var now = time - Plan.FromMs + 1;
            var rank = ranks.IsEmpty ? 0 : _ranksOfTouched[i];
            if (BitOperations.IsPow2(union)) SingleOrdered(_touched[i], ref state, level, now, union, rank);
            else Group(_touched[i], ref state, level, now, union, rank);
        }
    }

    // With the smallest rank of the events that can be step 1.
    private void UnitedRanks(
        int start, int end, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks, ref int touched)
    {
        _groups.Sort(start, end, units);
        while (_groups.Next())
        {
            uint union = 0;
            var rank = (int)RankMask;
            foreach (var e in _groups.Events)
            {
                union |= masks[(int)(uint)e];
                if ((masks[(int)(uint)e] & 1) != 0) rank = Math.Min(rank, ranks[(int)(uint)e]);
            }
            Unsafe.Add(ref StateOf(_groups.Unit), Open) = _run << 32 | union;
            _ranksOfTouched[touched] = rank;
            _touched[touched++] = _groups.Unit;
        }
    }

    private void Group(int unit, ref long state, int level, long now, uint union, int rank)
    {
        Span<long> reached = stackalloc long[FunnelPlan.MaxSteps + 1];
        reached.Clear();
        for (var from = Steps - 1; from >= 0; from--)
        {
            long key = 0;
            if (from == 0) key = (union & 1) == 0 ? 0 : KeyOf(now, rank);
            else
            {
                key = Unsafe.Add(ref state, from + 1);
                if (IsKilled(union, from)) Unsafe.Add(ref state, from + 1) = 0;
                if (key != 0 && now - StartOf(key) > Plan.WindowMs) key = 0;
            }
            if (key != 0) Move(ref state, reached, from, Matching.ReachOfUnion(union, from, Steps), key, union);
        }
        ReachAll(unit, ref state, level, now, reached);
    }

    // Moves of one key from a level to each further one; what an exclusion of the group ends is reached and does not stay.
    private void Move(ref long state, Span<long> reached, int from, int to, long key, uint exclusions)
    {
        for (var step = from + 1; step <= to; step++)
        {
            if (reached[step] < key) reached[step] = key;
            if (step == Steps || Unsafe.Add(ref state, step + 1) >= key) continue;
            if (!Ends(exclusions, from, step)) Unsafe.Add(ref state, step + 1) = key;
        }
    }

    // Where events serve several steps: those of each unit in this millisecond, matched with the steps one by one.
    private void Matched(
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
            var exclusions = _groups.Gather(masks, ranks, time >= Plan.ToMs ? ~1u : ~0u, Steps);
            OrderedGroup(_groups.Unit, ref state, level, time - Plan.FromMs + 1, exclusions);
        }
    }

    private void OrderedGroup(int unit, ref long state, int level, long now, uint exclusions)
    {
        Span<long> reached = stackalloc long[FunnelPlan.MaxSteps + 1];
        reached.Clear();
        var masks = _groups.Masks;
        for (var from = Steps - 1; from >= 1; from--)
        {
            var key = Unsafe.Add(ref state, from + 1);
            if (IsKilled(exclusions, from)) Unsafe.Add(ref state, from + 1) = 0;
            if (key == 0 || now - StartOf(key) > Plan.WindowMs) continue;
            Move(ref state, reached, from, _matching.Reach(masks, from, Steps), key, exclusions);
        }
        for (var e = 0; e < masks.Length; e++)
        {
            if ((masks[e] & 1) == 0) continue;
            var reach = _matching.Reach(masks, 0, Steps, Plan.IsGrouped ? e : -1);
            Move(ref state, reached, 0, reach, KeyOf(now, _groups.Ranks[e]), exclusions);
            if (!Plan.IsGrouped) break;
        }
        ReachAll(unit, ref state, level, now, reached);
    }

    private void Kill(ref long state, uint exclusions)
    {
        for (var level = 1; level < Steps; level++)
            if (IsKilled(exclusions, level)) Unsafe.Add(ref state, level + 1) = 0;
    }

    /// <summary>Some exclusion of the group ends what stays at this level.</summary>
    private bool IsKilled(uint exclusions, int level) => (_killable >> level & 1) != 0 && Ends(exclusions, level, level);

    /// <summary>Some exclusion of the group ends what was at a level and comes no further than another.</summary>
    private bool Ends(uint exclusions, int from, int to)
    {
        if (_killable == 0) return false;
        for (var x = 0; x < Plan.Exclusions.Count; x++)
        {
            var (after, before) = Plan.Exclusions[x];
            if ((exclusions >> (FunnelPlan.FirstExclusionBit + x) & 1) != 0 && after <= from && to < before) return true;
        }
        return false;
    }
}
