using System.Text.Json.Serialization;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Metrics;

/// <summary>One series, or one a group.</summary>
/// <param name="Metric">For example <c>events.count</c>, <c>events.sum:price</c>.</param>
/// <param name="Bucket">The size, as asked for.</param>
/// <param name="Series">Without group_by.</param>
/// <param name="Groups">With group_by: at most 20, largest first, then the rest as one.</param>
public sealed record MetricsResult(
    string Metric,
    string Bucket,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SeriesPoint>? Series,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<MetricsGroup>? Groups)
    : InsightResult;

/// <summary>One bucket.</summary>
/// <param name="Ts">Where the bucket starts.</param>
/// <param name="Value">Null where the measure has no value.</param>
public sealed record SeriesPoint([property: JsonConverter(typeof(UtcMilliseconds))] DateTime Ts, RawNumber? Value)
{
    /// <summary>The points of consecutive buckets.</summary>
    public static IReadOnlyList<SeriesPoint> Of(BucketedRange range, IReadOnlyList<RawNumber?> values) =>
        [.. range.Starts.Select((start, i) => new SeriesPoint(start.ToDateTimeUtc(), values[i]))];
}

/// <summary>The events of one value of the property grouped by.</summary>
/// <param name="Value">As in the events, with its JSON type; null where the property is not set.</param>
/// <param name="Other">True for the rest taken together, whose value is <c>$other</c>; left out otherwise.</param>
public sealed record MetricsGroup(
    RawJson Value,
    IReadOnlyList<SeriesPoint> Series,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Other = false);
