using System.Text.Json.Serialization;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Trends;

/// <summary>Measures over time (docs/metrics.md#trends).</summary>
/// <param name="Series">In the order asked for, groups of one series together; with a formula its series alone.</param>
/// <param name="Compare">The same of the period before.</param>
public sealed record TrendsResult(
    IReadOnlyList<TrendsLine> Series,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TrendsLine>? Compare) : InsightResult;

/// <summary>One line.</summary>
/// <param name="Group">With group_by the value, with its JSON type.</param>
/// <param name="Other">True for the rest of the values taken together; left out otherwise.</param>
/// <param name="Total">Over the whole range: for users, averages and percentiles not the sum of the points.</param>
public sealed record TrendsLine(
    string Label,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RawJson? Group,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Other,
    IReadOnlyList<SeriesPoint> Points,
    RawNumber? Total);
