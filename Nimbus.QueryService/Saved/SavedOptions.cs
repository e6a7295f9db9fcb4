using System.ComponentModel.DataAnnotations;

namespace Nimbus.QueryService.Saved;

/// <summary>How much may be saved; configuration section <c>Nimbus:Saved</c>.</summary>
public sealed record SavedOptions
{
    /// <summary>Cohorts, insights, dashboards, annotations and links of a project, each; past this it is 409 <c>too_many_saved</c>.</summary>
    [Range(1, 100_000)]
    public int MaxPerProject { get; init; } = 1000;

    /// <summary>People on the list of one cohort; past this it is 409 <c>too_many_members</c>.</summary>
    [Range(1, 100_000_000)]
    public int MaxMembers { get; init; } = 1_000_000;

    /// <summary>The largest list of ids in one request, in bytes; past this it is 413.</summary>
    [Range(1024, 1 << 30)]
    public int MaxListBytes { get; init; } = 8 << 20;
}
