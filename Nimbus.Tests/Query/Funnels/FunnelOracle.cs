using System.Numerics;
using Nimbus.QueryService.Engine.Scans;

namespace Nimbus.Tests.Query.Funnels;

/// <summary>An event of a funnel's test: when, which steps it can serve, which exclusions it is, and its group.</summary>
/// <param name="Mask">As <see cref="FunnelPlan"/> has it.</param>
public sealed record FunnelEvent(long Time, uint Mask, int Rank = 0);

/// <summary>How far one person came.</summary>
/// <param name="Times">By step from 2, the time that the chain took which completed it first, of those the shortest.</param>
/// <param name="Rank">Of the step-1 event of the chain that completed the furthest step first.</param>
public sealed record FunnelAnswer(int Level, IReadOnlyList<long> Times, int Rank);

/// <summary>
/// The definition of a funnel, tried out on every chain there is: each choice of distinct events for the steps 1 … k. It
/// knows nothing of groups, levels or latest starts.
/// </summary>
public static class FunnelOracle
{
    public static FunnelAnswer Answer(FunnelPlan plan, IReadOnlyList<FunnelEvent> events)
    {
        // For each step the best chain to it: completed first, then started last, then the smallest rank.
        var best = new (long Completed, long Start, int Rank)?[plan.Steps + 1];
        Extend([]);
        var level = Array.FindLastIndex(best, chain => chain is not null);
        if (level < 0) return new(0, [], 0);
        return new(level, [.. Enumerable.Range(2, level - 1).Select(k => best[k]!.Value.Completed - best[k]!.Value.Start)],
            best[level]!.Value.Rank);

        void Extend(List<int> chain)
        {
            if (chain.Count > 0 && IsChain(plan, events, chain))
            {
                var times = chain.Select(e => events[e].Time).ToList();
                var found = (Completed: times.Max(), Start: times.Min(), events[chain[0]].Rank);
                if (best[chain.Count] is not { } known
                    || (found.Completed, -found.Start, found.Rank).CompareTo((known.Completed, -known.Start, known.Rank)) < 0)
                    best[chain.Count] = found;
            }
            if (chain.Count == plan.Steps) return;
            for (var e = 0; e < events.Count; e++)
            {
                if (chain.Contains(e) || (events[e].Mask >> chain.Count & 1) == 0) continue;
                chain.Add(e);
                Extend(chain);
                chain.RemoveAt(chain.Count - 1);
            }
        }
    }

    /// <summary>Distinct events that serve the steps 1 … k in turn: are they a chain?</summary>
    private static bool IsChain(FunnelPlan plan, IReadOnlyList<FunnelEvent> events, List<int> chain)
    {
        var times = chain.Select(e => events[e].Time).ToList();
        if (times[0] < plan.FromMs || times[0] >= plan.ToMs || times.Max() - times.Min() > plan.WindowMs) return false;
        if (plan.Order == FunnelOrder.Any) return true;
        if (times.Zip(times.Skip(1)).Any(pair => pair.Second < pair.First)) return false;
        // What shares a millisecond with the chain's ends can stand outside it, what lies strictly between cannot.
        if (plan.Order == FunnelOrder.Strict)
            return !events.Where((e, i) => (e.Mask & FunnelPlan.Breaks) != 0 && !chain.Contains(i))
                .Any(e => e.Time > times[0] && e.Time < times[^1]);
        for (var x = 0; x < plan.Exclusions.Count; x++)
        {
            var (after, before) = plan.Exclusions[x];
            if (chain.Count <= after) continue;
            var end = times[Math.Min(before, chain.Count) - 1];
            if (events.Any(e => (e.Mask >> (FunnelPlan.FirstExclusionBit + x) & 1) != 0
                && e.Time > times[after - 1] && e.Time < end))
                return false;
        }
        return true;
    }
}
