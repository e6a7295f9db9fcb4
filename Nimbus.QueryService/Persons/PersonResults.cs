using System.Text.Json.Serialization;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Persons;

/// <summary>A page of people, those met last first.</summary>
/// <param name="NextCursor">Asks for the page after this one; null at the end.</param>
public sealed record PersonsResult(IReadOnlyList<PersonSummary> Persons, string? NextCursor);

/// <summary>A person among others.</summary>
/// <param name="Ids">User and anonymous ids, the earliest first; at most 100.</param>
/// <param name="FirstSeen">The smallest time of any event of any of the ids.</param>
public sealed record PersonSummary(
    Guid Id,
    IReadOnlyList<string> Ids,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime FirstSeen);

/// <summary>A person, after every link and merge (docs/metrics.md#persons).</summary>
/// <param name="Id">Also found under the ids that the person's parts had before they were one.</param>
/// <param name="Ids">User and anonymous ids, the earliest first; at most 1,000.</param>
/// <param name="Traits">A JSON object of what is known of the person today.</param>
/// <param name="Groups">The groups any of the ids belongs to, by type, then id.</param>
/// <param name="FirstSeen">The smallest time of any event of any of the ids.</param>
/// <param name="LastSeen">The time of the person's latest event; null where they have none.</param>
public sealed record PersonResult(
    Guid Id,
    IReadOnlyList<string> Ids,
    RawJson Traits,
    IReadOnlyList<PersonGroup> Groups,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime FirstSeen,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime? LastSeen);

/// <param name="Type">The kind of group, such as <c>company</c>.</param>
/// <param name="Since">When the person was first said to belong to it.</param>
public sealed record PersonGroup(
    string Type, string Id, [property: JsonConverter(typeof(UtcMilliseconds))] DateTime Since);
