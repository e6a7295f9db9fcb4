using System.ComponentModel.DataAnnotations;

namespace Nimbus.QueryService.Querying;

/// <summary>What one query may cost; configuration section <c>Nimbus:Query</c>.</summary>
public sealed record QueryLimits
{
    /// <summary>A query that takes longer is cancelled and answered with 503 <c>query_timeout</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What a query may keep in memory while it runs; past this it is 400 <c>query_too_large</c>.</summary>
    [Range(1L << 20, 1L << 40)]
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Distinct values that a question may be grouped by; past this it is 400 <c>too_many_groups</c>.</summary>
    [Range(100, 1_000_000)]
    public int MaxGroupValues { get; init; } = 100_000;
}
