using System.ComponentModel.DataAnnotations;

namespace Nimbus.IngestService.Retention;

/// <summary>The settings of deleting what is no longer kept, section <c>Nimbus:Retention</c>.</summary>
public sealed record RetentionOptions
{
    /// <summary>Between two rounds; a change of a project begins one at once.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Events that one statement deletes.</summary>
    [Range(100, 1_000_000)]
    public int EventsPerStatement { get; init; } = 20_000;
}
