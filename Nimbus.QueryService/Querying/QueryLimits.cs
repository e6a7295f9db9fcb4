using System.ComponentModel.DataAnnotations;

namespace Nimbus.QueryService.Querying;

/// <summary>What queries may cost, one and all together; configuration section <c>Nimbus:Query</c>.</summary>
public sealed record QueryLimits
{
    /// <summary>A query that takes longer is cancelled and answered with 503 <c>query_timeout</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A read replica (connection <c>eventsdb-read</c>) that is behind is waited for this long before the primary is read.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan ReplicaPatience { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>What a query may keep in memory while it runs; past this it is 400 <c>query_too_large</c>.</summary>
    [Range(1L << 20, 1L << 40)]
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Distinct values that a question may be grouped by; past this it is 400 <c>too_many_groups</c>.</summary>
    [Range(100, 1_000_000)]
    public int MaxGroupValues { get; init; } = 100_000;

    /// <summary>So many queries run at once, others wait for their turn.</summary>
    [Range(1, 1000)]
    public int MaxRunning { get; init; } = 8;

    /// <summary>So many queries wait for their turn; one more is 503 <c>busy</c> at once.</summary>
    [Range(0, 100_000)]
    public int MaxWaiting { get; init; } = 200;

    /// <summary>A query that has waited for its turn this long is 503 <c>busy</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many processors one query uses where order does not matter; 0 is all there are.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>Memory for answers that are kept until their project changes; 0 keeps none.</summary>
    [Range(0, 1L << 40)]
    public long AnswerCacheBytes { get; init; } = 64L << 20;

    /// <summary>Memory for what questions found in sealed segments; 0 keeps nothing.</summary>
    [Range(0, 1L << 40)]
    public long PartCacheBytes { get; init; } = 256L << 20;
}
