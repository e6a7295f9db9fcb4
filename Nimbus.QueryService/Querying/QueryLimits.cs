using System.ComponentModel.DataAnnotations;

namespace Nimbus.QueryService.Querying;

/// <summary>What one query may cost; configuration section <c>Nimbus:Query</c>.</summary>
public sealed record QueryLimits
{
    /// <summary>A statement that takes longer is cancelled in PostgreSQL and answered with 503 <c>query_timeout</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);
}
