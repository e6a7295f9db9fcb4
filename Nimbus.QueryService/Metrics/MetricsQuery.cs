using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Metrics;

/// <summary>One measure over buckets.</summary>
/// <param name="GroupBy">The property to split by, or null.</param>
public sealed record MetricsQuery(
    Guid ProjectId, BucketedRange Range, EventFilter Filter, Measure Measure, BucketSize Bucket, string? GroupBy = null)
{
    /// <summary>So many groups are shown on their own.</summary>
    public const int MaxGroups = 20;
}
