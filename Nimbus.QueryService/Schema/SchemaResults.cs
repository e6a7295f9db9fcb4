using System.Text.Json.Serialization;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Schema;

/// <summary>The names of a project's events.</summary>
/// <param name="Events">By count, largest first, then by name.</param>
public sealed record EventNamesResult(IReadOnlyList<EventNameUse> Events);

/// <summary>How often and when a name was used, within the range asked about.</summary>
/// <param name="FirstSeen">The time of the earliest event.</param>
/// <param name="LastSeen">The time of the latest event.</param>
public sealed record EventNameUse(
    string Name,
    long Count,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime FirstSeen,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime LastSeen);

/// <summary>The properties of the newest events of a name (docs/metrics.md#what-exists).</summary>
/// <param name="EventsRead">How many events were looked at.</param>
/// <param name="Properties">By count, largest first, then by key.</param>
public sealed record PropertiesResult(long EventsRead, IReadOnlyList<PropertyUse> Properties);

/// <summary>One key at the top level of the properties.</summary>
/// <param name="Count">Events that have it.</param>
/// <param name="Types">The JSON types its values have, the most frequent first.</param>
/// <param name="Samples">A few of its values, each once.</param>
public sealed record PropertyUse(string Key, long Count, IReadOnlyList<PropertyType> Types, IReadOnlyList<RawJson> Samples);

/// <param name="Type"><c>string</c>, <c>number</c>, <c>boolean</c>, <c>null</c>, <c>array</c> or <c>object</c>.</param>
public sealed record PropertyType(string Type, long Count);

/// <summary>The most frequent values of a property among the newest events of a name.</summary>
/// <param name="EventsRead">How many events were looked at.</param>
/// <param name="Values">By count, largest first.</param>
public sealed record PropertyValuesResult(long EventsRead, IReadOnlyList<PropertyValueUse> Values);

/// <param name="Value">With its JSON type.</param>
public sealed record PropertyValueUse(RawJson Value, long Count);
