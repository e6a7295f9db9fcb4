namespace Nimbus.QueryService.Engine.Scans;

/// <summary>In which order the events of a funnel's steps may come (docs/metrics.md#funnels).</summary>
public enum FunnelOrder { Ordered, Strict, Any }

/// <summary>Ends chains that have passed one step and not yet another; steps count from 1.</summary>
public readonly record struct ExclusionSpan(int After, int Before);

/// <summary>What a <see cref="FunnelScan"/> looks for.</summary>
/// <param name="Steps">2 to <see cref="MaxSteps"/>.</param>
/// <param name="WindowMs">The longest time from a chain's first event to its last, its end included.</param>
/// <param name="FromMs">No event before it is given to the scan.</param>
/// <param name="ToMs">Events from here on serve no step 1.</param>
public sealed record FunnelPlan(int Steps, FunnelOrder Order, long WindowMs, long FromMs, long ToMs)
{
    public const int MaxSteps = 20;
    public const int MaxExclusions = 10;

    /// <summary>The lowest of the bits of an event's mask that say which exclusions it is.</summary>
    public const int FirstExclusionBit = MaxSteps;

    /// <summary>The bits of an event's mask that say which steps it can serve; bit 0 is step 1.</summary>
    public const uint StepBits = (1u << MaxSteps) - 1;

    /// <summary>The bit of an event's mask that says that it breaks a strict chain, whether or not it serves a step.</summary>
    public const uint Breaks = 1u << 31;

    public IReadOnlyList<ExclusionSpan> Exclusions { get; init; } = [];

    /// <summary>Some event may serve more than one step.</summary>
    public bool Overlaps { get; init; }

    /// <summary>Chains are told apart by the rank of their step-1 event, of which the smallest wins a tie.</summary>
    public bool IsGrouped { get; init; }
}
