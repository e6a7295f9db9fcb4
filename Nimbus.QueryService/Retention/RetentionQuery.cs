using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Retention;

/// <summary>What a retention asks for (docs/metrics.md#retention).</summary>
/// <param name="Windows">Consecutive calendar windows; the first <paramref name="Cohorts"/> of them have a cohort each.</param>
/// <param name="Depth">How many windows each cohort is followed, its own included.</param>
/// <param name="BegunMs">Windows that start at or after this have not begun.</param>
public sealed record RetentionQuery(
    EventPattern Start, EventPattern Return, BucketedRange Windows, int Cohorts, int Depth, long BegunMs,
    bool IsRecurring = false, bool IsOnOrAfter = false, Where? Where = null, GroupKey? GroupBy = null)
{
    public const int MaxDepth = 400;
    public const int MaxCohorts = 1000;

    /// <summary>Everything of a person counts, and the first window of a cohort is the one they were first seen in.</summary>
    /// <remarks>Then who is active in window 0 is the cohort.</remarks>
    public bool IsActivity { get; init; }

    /// <summary>How many windows have begun: all that depends on the time of the question.</summary>
    public int Begun => Windows.Starts.Count(start => start.ToUnixTimeMilliseconds() < BegunMs);

    public static RetentionQuery Read(QueryDocument document)
    {
        var bucket = document.Bucket(BucketSize.Day, BucketSize.Week, BucketSize.Month);
        var windows = document.Buckets(bucket);
        if (windows.Starts.Count > MaxCohorts) document.Fault("from", $"makes more than {MaxCohorts} cohorts");
        var query = new RetentionQuery(
            document.Pattern(QueryDocument.Field(document.Root, "start"), "start"),
            document.Pattern(QueryDocument.Field(document.Root, "return"), "return"),
            windows,
            windows.Starts.Count,
            document.Whole(document.Root, "", "windows", Math.Min(windows.Starts.Count, MaxDepth), 1, MaxDepth),
            Instant.Min(document.To, document.Now).ToUnixTimeMilliseconds(),
            document.Choice("kind", ("first_time", false), ("recurring", true)),
            document.Choice("mode", ("on", false), ("on_or_after", true)),
            document.Where,
            document.GroupBy());
        document.DependsOn($"{query.Begun} begun");
        return query;
    }
}
