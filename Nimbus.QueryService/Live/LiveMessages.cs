using System.Text.Json;
using System.Text.Json.Serialization;
using Nimbus.Events;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Live;

/// <summary>The messages of <c>/ws/projects/{id}</c>, each made once for all viewers.</summary>
internal static class LiveMessages
{
    public static byte[] Ping(DateTimeOffset now) => Encode(new LivePing("ping", now.UtcDateTime));

    /// <param name="perSecond">Events stored per second since the message before.</param>
    public static byte[] Metrics(DateTimeOffset now, double perSecond, IReadOnlyList<LiveName> names, int activePeople) =>
        Encode(new LiveMetrics("metrics", now.UtcDateTime, Math.Round(perSecond, 3), names, activePeople));

    public static byte[] Event(LiveEvent e, Guid? personId) => Encode(new LiveEventMessage("event", new(
        e.Id, e.Name, DateTimeOffset.FromUnixTimeMilliseconds(e.TimeMs).UtcDateTime, e.UserId, e.AnonymousId, personId,
        e.Props is null ? null : new RawJson(e.Props))));

    private static byte[] Encode<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, JsonConventions.Options);

    private sealed record LivePing(string Type, [property: JsonConverter(typeof(UtcMilliseconds))] DateTime Ts);

    private sealed record LiveMetrics(
        string Type, [property: JsonConverter(typeof(UtcMilliseconds))] DateTime Ts, double EventsPerSecond, IReadOnlyList<LiveName> Names, int ActivePeople);

    private sealed record LiveEventMessage(string Type, LiveEventBody Event);

    private sealed record LiveEventBody(
        Guid Id, string Name, [property: JsonConverter(typeof(UtcMilliseconds))] DateTime Ts, string? UserId, string? AnonymousId,
        Guid? PersonId, RawJson? Props);
}

/// <summary>How many events of a name were stored since the message before.</summary>
internal sealed record LiveName(string Name, long Count);
