using System.Text.Json.Serialization;
using Nimbus.Events;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Events;

/// <summary>A page of events in order of time, then of id.</summary>
/// <param name="NextCursor">Asks for the page after this one; null at the end.</param>
public sealed record EventsResult(IReadOnlyList<EventResult> Events, string? NextCursor);

/// <summary>One event as stored.</summary>
/// <param name="PersonId">Whose it is today, after every link and merge; null for an event of nobody.</param>
/// <param name="Props">A JSON object.</param>
/// <param name="Context">A JSON object, or null.</param>
/// <param name="Type">What it does besides having happened; <c>track</c> for nothing.</param>
public sealed record EventResult(
    Guid Id,
    string Name,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime Ts,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime ReceivedAt,
    string? UserId,
    string? AnonymousId,
    Guid? PersonId,
    RawJson Props,
    RawJson? Context,
    long? Seq,
    string? IdempotencyKey,
    EventType Type);
