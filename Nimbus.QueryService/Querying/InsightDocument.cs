using System.ComponentModel;
using System.Text.Json;

namespace Nimbus.QueryService.Querying;

/// <summary>What every query document has, for the API's description; <see cref="QueryDocument"/> reads it.</summary>
internal abstract record InsightDocument
{
    public required Guid ProjectId { get; init; }

    [Description("Inclusive: an RFC 3339 time, or a date in tz; by default the start of the day 30 days before to, or last_days.")]
    public string? From { get; init; }

    [Description("Without from: so many days up to to, the last of them included; 30 by default.")]
    public int? LastDays { get; init; }

    [Description("Exclusive as a time, included as a date; now by default.")]
    public string? To { get; init; }

    [Description("IANA time zone of buckets and dates; the project's by default.")]
    public string? Tz { get; init; }

    [Description("A filter on every event looked at: {and|or: [...]}, {prop|context|trait: KEY, op, value} or {cohort: ID}.")]
    public JsonElement? Where { get; init; }

    [Description("Only the events of the people who are in this cohort.")]
    public Guid? Cohort { get; init; }
}

/// <summary>Some events.</summary>
internal record SeriesDocument
{
    public string? Name { get; init; }

    public JsonElement? Where { get; init; }

    public string? Label { get; init; }
}

/// <summary>What an answer is broken down by: one of these.</summary>
internal sealed record GroupDocument
{
    [Description("The key of a property.")]
    public string? Prop { get; init; }

    [Description("A key of the context.")]
    public string? Context { get; init; }

    [Description("A trait of the person.")]
    public string? Trait { get; init; }

    [Description("The id of a cohort: whether the person is in it, true or false.")]
    public Guid? Cohort { get; init; }
}
