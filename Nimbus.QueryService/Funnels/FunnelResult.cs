using System.Text.Json.Serialization;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Funnels;

/// <summary>How many came how far (docs/metrics.md#funnels).</summary>
/// <param name="Groups">With group_by: at most 20, largest first, then the rest as one; they add up.</param>
public sealed record FunnelResult(
    IReadOnlyList<FunnelStepResult> Steps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FunnelGroup>? Groups) : InsightResult;

/// <summary>One step.</summary>
/// <param name="People">Who reached it; sessions where those are counted. Never more than the step before.</param>
/// <param name="Conversion">Their share of those who entered, 0 to 1; null where nobody did.</param>
/// <param name="StepConversion">Their share of those who reached the step before; null where nobody did.</param>
/// <param name="MedianSeconds">From the start of the chain that completed the step first; null of step 1.</param>
public sealed record FunnelStepResult(
    string Label, long People, double? Conversion, double? StepConversion, double? MedianSeconds);

/// <summary>Those whose furthest chain began with one value of the property.</summary>
/// <param name="Value">With its JSON type; null where it is not set.</param>
/// <param name="Other">True for the rest taken together; left out otherwise.</param>
public sealed record FunnelGroup(
    RawJson Value,
    IReadOnlyList<FunnelStepResult> Steps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Other = false);
