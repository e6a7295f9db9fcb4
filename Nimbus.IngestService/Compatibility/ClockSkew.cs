using System.Text.Json;

namespace Nimbus.IngestService.Compatibility;

/// <summary>
/// How far a device's clock is off, from the time at which it says it sent. One offset per request, so that the events of a
/// request keep their order and their distances.
/// </summary>
internal static class ClockSkew
{
    private const long Absurd = 24 * 60 * 60 * 1000;

    /// <summary>What to add to the device's times, in milliseconds; 0 where it does not say when it sent, or says nonsense.</summary>
    public static long Of(JsonElement sentAt, long receivedAt) =>
        SdkJson.TryTime(sentAt, out var sent) && sent is { } at && Math.Abs(receivedAt - at) <= Absurd ? receivedAt - at : 0;
}
