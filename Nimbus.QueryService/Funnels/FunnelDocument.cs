using System.ComponentModel;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Funnels;

/// <summary>The body of <c>POST /v1/insights/funnel</c>, for the API's description.</summary>
internal record FunnelDocument : InsightDocument
{
    [Description("2 to 20 steps, each {name, where?, label?}.")]
    public required IReadOnlyList<SeriesDocument> Steps { get; init; }

    [Description("From the first event of a chain to its last, the end included: 90s, 30m, 12h, 7d (default), 2w.")]
    public string? Window { get; init; }

    [Description("ordered (default), strict: no other event of the person in between, or any.")]
    public string? Order { get; init; }

    [Description("Events that end a chain between two steps, counted from 1; between the first and the last by default.")]
    public IReadOnlyList<ExclusionDocument>? Exclude { get; init; }

    [Description("person (default) or session: then people counts sessions.")]
    public string? CountBy { get; init; }

    public GroupDocument? GroupBy { get; init; }
}

/// <summary>Events that end a chain.</summary>
internal sealed record ExclusionDocument : SeriesDocument
{
    public IReadOnlyList<int>? Between { get; init; }
}

/// <summary>The body of <c>POST /v1/insights/funnel/people</c>.</summary>
internal sealed record FunnelPeopleDocument : FunnelDocument
{
    [Description("Counted from 1.")]
    public int Step { get; init; }

    [Description("Those who reached the step before and not this one.")]
    public bool Dropped { get; init; }

    [Description("Only those of the group of this value; null for those without one.")]
    public string? Group { get; init; }

    public int? Limit { get; init; }

    public string? Cursor { get; init; }
}
