using System.Text.Json.Serialization;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Retention;

/// <summary>Who came back (docs/metrics.md#retention).</summary>
/// <param name="Average">By window, the share of the people of all cohorts that have begun it; null where none has.</param>
/// <param name="Groups">With group_by: at most 20, largest first, then the rest as one.</param>
public sealed record RetentionResult(
    IReadOnlyList<RetentionCohort> Cohorts,
    IReadOnlyList<double?> Average,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<RetentionGroup>? Groups = null)
    : InsightResult;

/// <summary>The people of one window.</summary>
/// <param name="Start">Where the window starts.</param>
/// <param name="Retained">How many came back in each window after it, from its own on; null where it has not begun.</param>
public sealed record RetentionCohort(
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime Start, long Size, IReadOnlyList<long?> Retained);

/// <summary>Those whose start event had one value of the property.</summary>
/// <param name="Other">True for the rest taken together; left out otherwise.</param>
public sealed record RetentionGroup(
    RawJson Value,
    IReadOnlyList<RetentionCohort> Cohorts,
    IReadOnlyList<double?> Average,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Other = false);
