using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>
/// How far each unit (a person, or a session of one) comes in a funnel, in one pass over events in order of time
/// (docs/metrics.md#funnels).
/// </summary>
/// <remarks>
/// A chain is known by its start alone: of two chains at one level the one that starts later can do whatever the other
/// can, so a unit needs one start per level. The events of one unit in one millisecond are a group and are taken in
/// whichever order serves the chain. For one thread.
/// </remarks>
public sealed class FunnelScan
{
    // A start is kept as 1 + its distance from FromMs, so that 0 is none and memory comes ready from the system. With
    // groups the rank is packed below it, inverted: the larger key is the later start, then the smaller rank.
    private const int RankBits = 20;
    public const int MaxRanks = 1 << RankBits;
    private const long RankMask = MaxRanks - 1;

    // What a unit has: its level and the rank of the chain that reached it, what is open of a group, and one key for each
    // level from 1 to Steps - 1; in any order, the latest time of each step.
    private const int Best = 0;
    private const int LevelShift = 56;
    private const int Open = 1;

    // How many events ahead state is fetched.
    private const int Ahead = 16;

    private readonly FunnelPlan _plan;
    private readonly int _steps;
    private readonly int _shift;
    private readonly int _stride;
    private readonly uint _killable;
    private readonly Matching _matching = new();
    private readonly Durations?[] _durations;
    private readonly long[] _reached;
    private long[] _state;
    private Window?[]? _windows;

    private int[] _touched = new int[256];
    private int[] _ranksOfTouched = new int[256];
    private ulong[] _order = new ulong[256];
    private uint[] _groupMasks = new uint[64];
    private int[] _groupRanks = new int[64];
    private long _run;

    /// <param name="units">Units are numbered from 0; more than this many may come.</param>
    public FunnelScan(FunnelPlan plan, int units)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Steps, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plan.Steps, FunnelPlan.MaxSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plan.Exclusions.Count, FunnelPlan.MaxExclusions);
        (_plan, _steps) = (plan, plan.Steps);
        _shift = plan.IsGrouped ? RankBits : 0;
        var isAny = plan.Order == FunnelOrder.Any;
        var slots = _steps + 1;
        // A power of two up to a cache line, so that no unit lies on two.
        _stride = slots <= 8 ? (int)BitOperations.RoundUpToPowerOf2((uint)slots) : (slots + 7) / 8 * 8;
        _state = new long[(long)Math.Max(units, 1) * _stride];
        _durations = [.. Enumerable.Range(0, _steps + 1).Select(step => step < 2 ? null : new Durations(plan.IsGrouped))];
        _reached = new long[_steps + 1];
        if (isAny && (plan.Overlaps || plan.IsGrouped)) _windows = new Window?[Math.Max(units, 1)];
        foreach (var exclusion in plan.Exclusions)
            for (var level = exclusion.After; level < exclusion.Before; level++) _killable |= 1u << level;
    }

    /// <summary>How many units reached each step; [0] is step 1.</summary>
    public ReadOnlySpan<long> Reached => _reached.AsSpan(1);

    /// <summary>How many bytes the units' state takes.</summary>
    public long StateBytes => _state.LongLength * sizeof(long);

    /// <summary>The furthest step a unit reached, 0 for none.</summary>
    public int LevelOf(int unit) =>
        (long)unit * _stride < _state.LongLength ? (int)(_state[(long)unit * _stride + Best] >> LevelShift) : 0;

    /// <summary>The rank of the step-1 event of the chain that reached that step first.</summary>
    public int RankOf(int unit) => (int)(_state[(long)unit * _stride + Best] & RankMask);

    /// <summary>The median of the times from the start of a chain to its completing a step, in milliseconds.</summary>
    /// <param name="step">From 2.</param>
    /// <returns>Null where nobody reached it.</returns>
    public double? MedianMs(int step) => _durations[step]!.Median();

    /// <summary>The times to a step, each with its unit, which are known with groups only.</summary>
    internal (ReadOnlyMemory<long> Times, ReadOnlyMemory<int> Units) TimesTo(int step) => _durations[step]!.All();

    /// <summary>Goes on with events in order of time; those of one millisecond come all in one call.</summary>
    /// <param name="masks">Which steps and exclusions each event is (<see cref="FunnelPlan"/>); not 0.</param>
    /// <param name="ranks">The rank of each event's group, below <see cref="MaxRanks"/>; empty without groups.</param>
    public void Add(
        ReadOnlySpan<long> times, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        if (_plan.Order == FunnelOrder.Any)
        {
            AddInAnyOrder(times, units, masks, ranks);
            return;
        }
        var strict = _plan.Order == FunnelOrder.Strict;
        for (var i = 0; i < times.Length;)
        {
            var time = times[i];
            if (i + Ahead < units.Length) Prefetch(units[i + Ahead]);
            if (i + 1 == times.Length || times[i + 1] != time)
            {
                Single(units[i], time, masks[i], ranks.IsEmpty ? 0 : ranks[i], strict);
                i++;
                continue;
            }
            var end = i + 2;
            while (end < times.Length && times[end] == time) end++;
            if (strict || _plan.Overlaps) Sorted(time, i, end, units, masks, ranks, strict);
            else United(time, i, end, units, masks, ranks);
            i = end;
        }
    }

    // An event alone in its millisecond serves one step: the highest first, so that each move starts from the old keys.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Single(int unit, long time, uint mask, int rank, bool strict)
    {
        ref var state = ref StateOf(unit);
        var level = (int)(state >> LevelShift);
        if (level == _steps) return;
        var now = time - _plan.FromMs + 1;
        if (time >= _plan.ToMs) mask &= ~1u;
        if (strict) SingleStrict(unit, ref state, level, now, mask, rank);
        else SingleOrdered(unit, ref state, level, now, mask, rank);
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
                if (key == 0 || now - (key >> _shift) > _plan.WindowMs) continue;
            }
            if (step < _steps && Unsafe.Add(ref state, step + 1) < key) Unsafe.Add(ref state, step + 1) = key;
            if (level < step)
            {
                Reach(unit, ref state, step, key, now);
                level = step;
            }
        }
    }

    // Every event of the person ends the chains that it does not continue.
    private void SingleStrict(int unit, ref long state, int level, long now, uint mask, int rank)
    {
        for (var step = _steps; step >= 1; step--)
        {
            long key = 0;
            if ((mask >> (step - 1) & 1) != 0)
            {
                key = step == 1 ? KeyOf(now, rank) : Unsafe.Add(ref state, step);
                if (key != 0 && now - (key >> _shift) > _plan.WindowMs) key = 0;
            }
            if (step < _steps && Unsafe.Add(ref state, step + 1) != key) Unsafe.Add(ref state, step + 1) = key;
            if (key == 0 || level >= step) continue;
            Reach(unit, ref state, step, key, now);
            level = step;
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
        var usable = time >= _plan.ToMs ? ~1u : ~0u;
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
            if (level == _steps) continue;
            var union = (uint)Unsafe.Add(ref state, Open) & usable;
            var now = time - _plan.FromMs + 1;
            var rank = ranks.IsEmpty ? 0 : _ranksOfTouched[i];
            if (BitOperations.IsPow2(union)) SingleOrdered(_touched[i], ref state, level, now, union, rank);
            else Group(_touched[i], ref state, level, now, union, rank);
        }
    }

    // With the smallest rank of the events that can be step 1.
    private void UnitedRanks(
        int start, int end, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks, ref int touched)
    {
        var count = SortByUnit(start, end, units);
        for (var i = 0; i < count;)
        {
            var unit = (int)(_order[i] >> 32);
            uint union = 0;
            var rank = (int)RankMask;
            for (; i < count && (int)(_order[i] >> 32) == unit; i++)
            {
                var e = (int)(uint)_order[i];
                union |= masks[e];
                if ((masks[e] & 1) != 0) rank = Math.Min(rank, ranks[e]);
            }
            Unsafe.Add(ref StateOf(unit), Open) = _run << 32 | union;
            _ranksOfTouched[touched] = rank;
            _touched[touched++] = unit;
        }
    }

    private void Group(int unit, ref long state, int level, long now, uint union, int rank)
    {
        Span<long> reached = stackalloc long[FunnelPlan.MaxSteps + 1];
        reached.Clear();
        for (var from = _steps - 1; from >= 0; from--)
        {
            long key = 0;
            if (from == 0) key = (union & 1) == 0 ? 0 : KeyOf(now, rank);
            else
            {
                key = Unsafe.Add(ref state, from + 1);
                if (IsKilled(union, from)) Unsafe.Add(ref state, from + 1) = 0;
                if (key != 0 && now - (key >> _shift) > _plan.WindowMs) key = 0;
            }
            if (key != 0) Move(ref state, reached, from, Matching.ReachOfUnion(union, from, _steps), key, union);
        }
        ReachAll(unit, ref state, level, now, reached);
    }

    // Moves of one key from a level to each further one; what an exclusion of the group ends is reached and does not stay.
    private void Move(ref long state, Span<long> reached, int from, int to, long key, uint exclusions)
    {
        for (var step = from + 1; step <= to; step++)
        {
            if (reached[step] < key) reached[step] = key;
            if (step == _steps || Unsafe.Add(ref state, step + 1) >= key) continue;
            if (!Ends(exclusions, from, step)) Unsafe.Add(ref state, step + 1) = key;
        }
    }

    private void ReachAll(int unit, ref long state, int level, long now, ReadOnlySpan<long> reached)
    {
        for (var step = level + 1; step <= _steps && reached[step] != 0; step++)
            Reach(unit, ref state, step, reached[step], now);
    }

    // The general case: the events of each unit in this millisecond, matched with the steps one by one.
    private void Sorted(
        long time, int start, int end,
        ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks, bool strict)
    {
        var count = SortByUnit(start, end, units);
        for (var i = 0; i < count;)
        {
            var unit = (int)(_order[i] >> 32);
            var next = i + 1;
            while (next < count && (int)(_order[next] >> 32) == unit) next++;
            if (next == i + 1)
            {
                var e = (int)(uint)_order[i];
                Single(unit, time, masks[e], ranks.IsEmpty ? 0 : ranks[e], strict);
            }
            else
            {
                ref var state = ref StateOf(unit);
                var level = (int)(state >> LevelShift);
                if (level < _steps)
                {
                    var (distinct, exclusions) = GatherGroup(time, i, next, masks, ranks);
                    var now = time - _plan.FromMs + 1;
                    if (strict) StrictGroup(unit, ref state, level, now, distinct, next - i);
                    else OrderedGroup(unit, ref state, level, now, distinct, exclusions);
                }
            }
            i = next;
        }
    }

    private int SortByUnit(int start, int end, ReadOnlySpan<int> units)
    {
        var count = end - start;
        if (_order.Length < count) _order = new ulong[count * 2];
        for (var i = 0; i < count; i++) _order[i] = (ulong)(uint)units[start + i] << 32 | (uint)(start + i);
        _order.AsSpan(0, count).Sort();
        return count;
    }

    // Of equal masks one more than there are steps is as good as any number, and the smallest rank as good as each.
    private (int Count, uint Exclusions) GatherGroup(
        long time, int first, int next, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        var count = next - first;
        if (_groupMasks.Length < count)
        {
            _groupMasks = new uint[count * 2];
            _groupRanks = new int[count * 2];
        }
        var usable = time >= _plan.ToMs ? ~1u : ~0u;
        uint exclusions = 0;
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            var e = (int)(uint)_order[first + i];
            exclusions |= masks[e];
            if ((masks[e] & usable & FunnelPlan.StepBits) == 0) continue;
            _groupMasks[kept] = masks[e] & usable & FunnelPlan.StepBits;
            _groupRanks[kept++] = ranks.IsEmpty ? 0 : ranks[e];
        }
        if (kept <= _steps) return (kept, exclusions);

        Span<ulong> sorted = kept <= 256 ? stackalloc ulong[kept] : new ulong[kept];
        for (var i = 0; i < kept; i++) sorted[i] = (ulong)_groupMasks[i] << 32 | (uint)_groupRanks[i];
        sorted.Sort();
        var distinct = 0;
        var alike = 0;
        for (var i = 0; i < kept; i++)
        {
            alike = i > 0 && sorted[i] >> 32 == sorted[i - 1] >> 32 ? alike + 1 : 0;
            if (alike > _steps) continue;
            _groupMasks[distinct] = (uint)(sorted[i] >> 32);
            _groupRanks[distinct++] = (int)(uint)sorted[i];
        }
        return (distinct, exclusions);
    }

    private void OrderedGroup(int unit, ref long state, int level, long now, int count, uint exclusions)
    {
        Span<long> reached = stackalloc long[FunnelPlan.MaxSteps + 1];
        reached.Clear();
        var masks = _groupMasks.AsSpan(0, count);
        for (var from = _steps - 1; from >= 1; from--)
        {
            var key = Unsafe.Add(ref state, from + 1);
            if (IsKilled(exclusions, from)) Unsafe.Add(ref state, from + 1) = 0;
            if (key == 0 || now - (key >> _shift) > _plan.WindowMs) continue;
            Move(ref state, reached, from, _matching.Reach(masks, from, _steps), key, exclusions);
        }
        for (var e = 0; e < count; e++)
        {
            if ((masks[e] & 1) == 0) continue;
            var reach = _matching.Reach(masks, 0, _steps, _plan.IsGrouped ? e : -1);
            Move(ref state, reached, 0, reach, KeyOf(now, _groupRanks[e]), exclusions);
            if (!_plan.IsGrouped) break;
        }
        ReachAll(unit, ref state, level, now, reached);
    }

    // A chain lives on when it took the whole group, or when it began in the group and took the last of it.
    private void StrictGroup(int unit, ref long state, int level, long now, int count, int all)
    {
        Span<long> reached = stackalloc long[FunnelPlan.MaxSteps + 1];
        Span<long> live = stackalloc long[FunnelPlan.MaxSteps + 1];
        reached.Clear();
        live.Clear();
        var masks = _groupMasks.AsSpan(0, count);
        for (var from = _steps - 1; from >= 1; from--)
        {
            var key = Unsafe.Add(ref state, from + 1);
            if (key == 0 || now - (key >> _shift) > _plan.WindowMs) continue;
            var reach = _matching.Reach(masks, from, _steps);
            for (var step = from + 1; step <= reach; step++) reached[step] = Math.Max(reached[step], key);
            if (from + all <= reach) live[from + all] = Math.Max(live[from + all], key);
        }
        for (var e = 0; e < count; e++)
        {
            if ((masks[e] & 1) == 0) continue;
            var reach = _matching.Reach(masks, 0, _steps, _plan.IsGrouped ? e : -1);
            var key = KeyOf(now, _groupRanks[e]);
            for (var step = 1; step <= reach; step++)
            {
                reached[step] = Math.Max(reached[step], key);
                live[step] = Math.Max(live[step], key);
            }
            if (!_plan.IsGrouped) break;
        }
        for (var step = 1; step < _steps; step++) Unsafe.Add(ref state, step + 1) = live[step];
        ReachAll(unit, ref state, level, now, reached);
    }

    private void AddInAnyOrder(
        ReadOnlySpan<long> times, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks)
    {
        for (var i = 0; i < times.Length;)
        {
            var time = times[i];
            var end = i + 1;
            while (end < times.Length && times[end] == time) end++;
            if (i + Ahead < units.Length) Prefetch(units[i + Ahead]);
            var now = time - _plan.FromMs + 1;
            var usable = time >= _plan.ToMs ? FunnelPlan.StepBits & ~1u : FunnelPlan.StepBits;
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
                        WindowOf(units[e]).Add(masks[e] & usable, ranks.IsEmpty ? 0 : ranks[e], now, _plan.WindowMs);
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
        for (var step = 1; step <= _steps; step++)
        {
            var latest = Unsafe.Add(ref state, step);
            if (latest == 0 || now - latest > _plan.WindowMs) return;
            start = Math.Min(start, latest);
            if (step > level) Reach(unit, ref state, step, KeyOf(start, 0), now);
        }
    }

    private void JudgeWindow(int unit, long now)
    {
        ref var state = ref StateOf(unit);
        var level = (int)(state >> LevelShift);
        if (level == _steps || unit >= _windows!.Length || _windows[unit] is not { } window) return;
        var reach = _matching.Reach(window.Masks, 0, _steps);
        for (var step = level + 1; step <= reach; step++)
            Reach(unit, ref state, step, KeyOf(window, step), now);
    }

    // The latest start from which on there is a chain to this step, then the smallest rank of such a chain's step 1.
    private long KeyOf(Window window, int step)
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
            for (var e = 0; _plan.IsGrouped && e < chain.Length; e++)
            {
                var candidate = window.Ranks[first + e];
                if ((chain[e] & 1) != 0 && candidate < rank && _matching.Reach(chain, 0, step, e) == step) rank = candidate;
            }
            return KeyOf(start, rank);
        }
        throw new InvalidOperationException("A chain that was found is gone.");
    }

    private void Reach(int unit, ref long state, int step, long key, long now)
    {
        _reached[step]++;
        var rank = _plan.IsGrouped ? RankMask - (key & RankMask) : 0;
        state = (long)step << LevelShift | rank;
        if (step > 1) _durations[step]!.Add(now - (key >> _shift), unit);
    }

    private long KeyOf(long start, int rank) => _plan.IsGrouped ? start << RankBits | (RankMask - rank) : start;

    private void Kill(ref long state, uint exclusions)
    {
        for (var level = 1; level < _steps; level++)
            if (IsKilled(exclusions, level)) Unsafe.Add(ref state, level + 1) = 0;
    }

    /// <summary>Some exclusion of the group ends what stays at this level.</summary>
    private bool IsKilled(uint exclusions, int level) => (_killable >> level & 1) != 0 && Ends(exclusions, level, level);

    /// <summary>Some exclusion of the group ends what was at a level and comes no further than another.</summary>
    private bool Ends(uint exclusions, int from, int to)
    {
        if (_killable == 0) return false;
        for (var x = 0; x < _plan.Exclusions.Count; x++)
        {
            var (after, before) = _plan.Exclusions[x];
            if ((exclusions >> (FunnelPlan.FirstExclusionBit + x) & 1) != 0 && after <= from && to < before) return true;
        }
        return false;
    }

    // The state of a million units lies in memory at large: it is on its way before it is needed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void Prefetch(int unit)
    {
        var at = (long)unit * _stride;
        if (Sse.IsSupported && at < _state.LongLength) Sse.Prefetch0(Unsafe.AsPointer(ref _state[at]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref long StateOf(int unit)
    {
        var at = (long)unit * _stride;
        if (at >= _state.LongLength) Grow(unit);
        return ref _state[at];
    }

    private Window WindowOf(int unit)
    {
        if (unit >= _windows!.Length) Array.Resize(ref _windows, Math.Max(unit + 1, _windows.Length * 2));
        return _windows[unit] ??= new Window();
    }

    private void Grow(int unit)
    {
        var larger = new long[Math.Max((unit + 1L) * _stride, _state.LongLength * 2)];
        _state.AsSpan().CopyTo(larger);
        _state = larger;
    }

    /// <summary>A unit's recent events in order of time, of equal ones as many as can matter.</summary>
    private sealed class Window
    {
        private uint[] _masks = new uint[4];
        private int[] _ranks = new int[4];
        private long[] _times = new long[4];
        private int _count;

        public ReadOnlySpan<uint> Masks => _masks.AsSpan(0, _count);

        public ReadOnlySpan<int> Ranks => _ranks.AsSpan(0, _count);

        public ReadOnlySpan<long> Times => _times.AsSpan(0, _count);

        public void Add(uint mask, int rank, long now, long windowMs)
        {
            var alike = 0;
            for (var i = 0; i < _count; i++)
                if (now - _times[i] <= windowMs && _masks[i] == mask && _ranks[i] == rank) alike++;
            // An event serves one step, so of equal ones the latest count, as many as they have steps.
            var drop = alike >= BitOperations.PopCount(mask) ? 1 : 0;
            var kept = 0;
            for (var i = 0; i < _count; i++)
            {
                if (now - _times[i] > windowMs) continue;
                if (drop > 0 && _masks[i] == mask && _ranks[i] == rank)
                {
                    drop--;
                    continue;
                }
                (_masks[kept], _ranks[kept], _times[kept]) = (_masks[i], _ranks[i], _times[i]);
                kept++;
            }
            if (kept == _masks.Length)
            {
                Array.Resize(ref _masks, kept * 2);
                Array.Resize(ref _ranks, kept * 2);
                Array.Resize(ref _times, kept * 2);
            }
            (_masks[kept], _ranks[kept], _times[kept]) = (mask, rank, now);
            _count = kept + 1;
        }
    }
}
