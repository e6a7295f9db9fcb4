using System.Text.Json;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Metrics;

/// <summary>One measure over buckets.</summary>
/// <param name="TimeZone">The buckets' zone.</param>
/// <param name="GroupBy">The property to split by, or null.</param>
/// <param name="SenderKey">The key in <c>ids</c> of the filter's user id; null where there is none.</param>
public sealed record MetricsQuery(
    BucketedRange Range, EventFilter Filter, Measure Measure, BucketSize Bucket, string TimeZone, string? GroupBy = null,
    long? SenderKey = null)
{
    /// <summary>So many groups are shown on their own.</summary>
    public const int MaxGroups = 20;

    /// <summary>All that is asked but the range.</summary>
    public string ScanKey => JsonSerializer.Serialize(new
    {
        Bucket,
        TimeZone,
        Measure = Measure.ToString(),
        GroupBy,
        Filter.Name,
        Filter.UserId,
        Filter.Properties,
    });

    /// <summary>All that is asked.</summary>
    public string Key => $"{ScanKey}\n{Range.Starts[0]} {Range.From} {Range.To}";

    /// <summary>The filter, but for the name.</summary>
    public Where? Where
    {
        get
        {
            List<Where> conditions = [.. Filter.Properties?.Select(property => property.ToWhere()) ?? []];
            if (Filter.UserId is not null) conditions.Add(new SenderWhere(SenderKey));
            return conditions.Count switch { 0 => null, 1 => conditions[0], _ => new CompoundWhere(All: true, conditions) };
        }
    }
}
