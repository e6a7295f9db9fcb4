using System.Text.Json;

namespace Nimbus.Client;

/// <summary>An event as stored.</summary>
public sealed record StoredEvent(
    Guid Id,
    string Name,
    DateTimeOffset Ts,
    DateTimeOffset ReceivedAt,
    string? UserId,
    string? AnonymousId,
    string? PersonId,
    JsonElement? Props,
    JsonElement? Context,
    long? Seq,
    string? IdempotencyKey);

/// <summary>A page of events; ask again with <paramref name="NextCursor"/> unless it is null.</summary>
public sealed record EventPage(IReadOnlyList<StoredEvent> Events, string? NextCursor);

/// <summary>One bucket of a series. <paramref name="Value"/> is null where an empty bucket has no value.</summary>
public sealed record MetricPoint(DateTimeOffset Ts, double? Value);

/// <summary>A measure over consecutive buckets, in order of time, none left out.</summary>
/// <param name="Groups">With <c>group_by</c>: the largest groups, then the rest as one.</param>
public sealed record MetricAnswer(
    string Metric, string Bucket, IReadOnlyList<MetricPoint>? Series, IReadOnlyList<MetricGroup>? Groups);

/// <summary>The series of one value of the property grouped by; its JSON type is kept.</summary>
/// <param name="Other">The people and events of all values that are not among the largest, together.</param>
public sealed record MetricGroup(JsonElement? Value, IReadOnlyList<MetricPoint> Series, bool Other = false);

/// <summary>Distinct people of each day asked for, both ends included.</summary>
public sealed record DailyUsersAnswer(IReadOnlyList<DailyUsers> Days);

/// <summary>Distinct people of one day.</summary>
public sealed record DailyUsers(DateOnly Date, long Users);

/// <summary>The most frequent events, by count, then name.</summary>
public sealed record TopEventsAnswer(IReadOnlyList<TopEvent> Events);

/// <summary>How often an event was recorded and by how many distinct people.</summary>
public sealed record TopEvent(string Name, long Count, long Users);

/// <summary>Cohorts by the window people were first seen in.</summary>
public sealed record RetentionAnswer(IReadOnlyList<RetentionCohort> Cohorts);

/// <summary>A cohort; <c>Retained[n]</c> came back n windows later, null where that window has not begun.</summary>
public sealed record RetentionCohort(DateOnly Start, long Size, IReadOnlyList<long?> Retained);
