using System.Numerics;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>Assigns distinct events to steps, by augmenting paths.</summary>
/// <remarks>Keeps its buffers: for one thread.</remarks>
internal sealed class Matching
{
    private int[] _stepOfEvent = [];
    private bool[] _visited = [];

    /// <summary>The largest b such that steps after+1 … b are served by distinct events.</summary>
    /// <param name="masks">For each event the steps it can serve; bit 0 is step 1.</param>
    /// <param name="first">Where it is not -1, the event that has to serve step 1; after is 0 then.</param>
    public int Reach(ReadOnlySpan<uint> masks, int after, int steps, int first = -1)
    {
        if (_stepOfEvent.Length < masks.Length)
        {
            _stepOfEvent = new int[masks.Length * 2];
            _visited = new bool[masks.Length * 2];
        }
        _stepOfEvent.AsSpan(0, masks.Length).Fill(-1);
        var step = after;
        if (first >= 0)
        {
            // Held by a step that no path leads through.
            _stepOfEvent[first] = FunnelPlan.MaxSteps;
            step = 1;
        }
        for (; step < steps; step++)
        {
            _visited.AsSpan(0, masks.Length).Clear();
            if (!Augment(masks, step)) return step;
        }
        return steps;
    }

    private bool Augment(ReadOnlySpan<uint> masks, int step)
    {
        if (step == FunnelPlan.MaxSteps) return false;
        for (var e = 0; e < masks.Length; e++)
        {
            if ((masks[e] >> step & 1) == 0 || _visited[e]) continue;
            _visited[e] = true;
            if (_stepOfEvent[e] >= 0 && !Augment(masks, _stepOfEvent[e])) continue;
            _stepOfEvent[e] = step;
            return true;
        }
        return false;
    }

    /// <summary>The largest b such that a+1 … b are set, where no event serves two steps.</summary>
    public static int ReachOfUnion(uint union, int after, int steps) =>
        Math.Min(steps, after + BitOperations.TrailingZeroCount(~(union >> after)));
}
