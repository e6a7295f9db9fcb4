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
public abstract class FunnelScan
{
    /// <summary>More groups than this cannot be told apart.</summary>
    public const int MaxRanks = 1 << RankBits;

    /// <summary>How many events ahead state is fetched.</summary>
    protected const int Ahead = 16;

    /// <summary>The largest rank.</summary>
    protected const long RankMask = MaxRanks - 1;

    /// <summary>What a unit has first: the level it reached, and below that the rank of the chain that reached it.</summary>
    protected const int LevelShift = 56;

    // A start is kept as 1 + its distance from FromMs, so that 0 is none and memory comes ready from the system. With
    // groups the rank is packed below it, inverted: the larger key is the later start, then the smaller rank.
    private const int RankBits = 20;

    private readonly int _shift;
    private readonly int _stride;
    private readonly Durations?[] _durations;
    private readonly long[] _reached;
    private readonly ulong[] _finished;
    private long[] _state;

    /// <param name="units">Units are numbered from 0; more than this many may come.</param>
    protected FunnelScan(FunnelPlan plan, int units)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Steps, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plan.Steps, FunnelPlan.MaxSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plan.Exclusions.Count, FunnelPlan.MaxExclusions);
        (Plan, Steps) = (plan, plan.Steps);
        _shift = plan.IsGrouped ? RankBits : 0;
        var slots = Steps + 1;
        // A power of two up to a cache line, so that no unit lies on two.
        _stride = slots <= 8 ? (int)BitOperations.RoundUpToPowerOf2((uint)slots) : (slots + 7) / 8 * 8;
        _state = new long[(long)Math.Max(units, 1) * _stride];
        _durations = [.. Enumerable.Range(0, Steps + 1).Select(step => step < 2 ? null : new Durations(plan.IsGrouped))];
        _reached = new long[Steps + 1];
        _finished = GC.AllocateArray<ulong>((Math.Max(units, 1) + 63) / 64, pinned: true);
    }

    /// <summary>How many units reached each step; [0] is step 1.</summary>
    public ReadOnlySpan<long> Reached => _reached.AsSpan(1);

    /// <summary>How many bytes the units' state takes.</summary>
    public long StateBytes => (_state.LongLength + _finished.LongLength) * sizeof(long);

    /// <summary>A bit for each of the units that were told of: it reached every step, so that its further events change nothing. Pinned.</summary>
    internal ulong[] Finished => _finished;

    /// <summary>The furthest step a unit reached, 0 for none.</summary>
    public int LevelOf(int unit) =>
        (long)unit * _stride < _state.LongLength ? (int)(_state[(long)unit * _stride] >> LevelShift) : 0;

    /// <summary>The rank of the step-1 event of the chain that reached that step first.</summary>
    public int RankOf(int unit) => (int)(_state[(long)unit * _stride] & RankMask);

    /// <summary>The median of the times from the start of a chain to its completing a step, in milliseconds.</summary>
    /// <param name="step">From 2.</param>
    /// <returns>Null where nobody reached it.</returns>
    public double? MedianMs(int step) => _durations[step]!.Median();

    /// <summary>The times to a step, each with its unit, which are known with groups only.</summary>
    internal (ReadOnlyMemory<long> Times, ReadOnlyMemory<int> Units) TimesTo(int step) => _durations[step]!.All();

    protected FunnelPlan Plan { get; }

    protected int Steps { get; }

    /// <param name="units">Units are numbered from 0; more than this many may come.</param>
    public static FunnelScan Of(FunnelPlan plan, int units) => plan.Order switch
    {
        FunnelOrder.Strict => new StrictFunnelScan(plan, units),
        FunnelOrder.Any => new AnyOrderFunnelScan(plan, units),
        _ => new OrderedFunnelScan(plan, units),
    };

    /// <summary>Goes on with events in order of time; those of one millisecond come all in one call.</summary>
    /// <param name="masks">Which steps and exclusions each event is (<see cref="FunnelPlan"/>); not 0.</param>
    /// <param name="ranks">The rank of each event's group, below <see cref="MaxRanks"/>; empty without groups.</param>
    public abstract void Add(
        ReadOnlySpan<long> times, ReadOnlySpan<int> units, ReadOnlySpan<uint> masks, ReadOnlySpan<int> ranks);

    /// <summary>When a chain of this key started.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected long StartOf(long key) => key >> _shift;

    protected void Reach(int unit, ref long state, int step, long key, long now)
    {
        _reached[step]++;
        var rank = Plan.IsGrouped ? RankMask - (key & RankMask) : 0;
        state = (long)step << LevelShift | rank;
        if (step == Steps && unit >> 6 < _finished.Length) _finished[unit >> 6] |= 1ul << unit;
        if (step > 1) _durations[step]!.Add(now - (key >> _shift), unit);
    }

    protected long KeyOf(long start, int rank) => Plan.IsGrouped ? start << RankBits | (RankMask - rank) : start;

    protected void ReachAll(int unit, ref long state, int level, long now, ReadOnlySpan<long> reached)
    {
        for (var step = level + 1; step <= Steps && reached[step] != 0; step++)
            Reach(unit, ref state, step, reached[step], now);
    }

    // The state of a million units lies in memory at large: it is on its way before it is needed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected unsafe void Prefetch(int unit)
    {
        var at = (long)unit * _stride;
        if (Sse.IsSupported && at < _state.LongLength) Sse.Prefetch0(Unsafe.AsPointer(ref _state[at]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected ref long StateOf(int unit)
    {
        var at = (long)unit * _stride;
        if (at >= _state.LongLength) Grow(unit);
        return ref _state[at];
    }

    private void Grow(int unit)
    {
        var larger = new long[Math.Max((unit + 1L) * _stride, _state.LongLength * 2)];
        _state.AsSpan().CopyTo(larger);
        _state = larger;
    }
}
