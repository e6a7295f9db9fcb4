using System.Text.Json;
using Nimbus.Events;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility;

/// <summary>An event of another system's SDK, in Nimbus's words.</summary>
internal sealed class SdkEvent
{
    public EventType Type { get; set; }

    /// <summary>Null where it is no event and only updates a profile.</summary>
    public string? Name { get; set; }

    /// <summary>Unix milliseconds; null for the time of receipt.</summary>
    public long? Ts { get; set; }

    public string? UserId { get; set; }

    public string? AnonymousId { get; set; }

    /// <summary>The id that an alias joins with <see cref="UserId"/>.</summary>
    public string? OtherId { get; set; }

    public string? IdempotencyKey { get; set; }

    public Dictionary<string, JsonElement> Props { get; set; } = [];

    public Dictionary<string, JsonElement> Context { get; set; } = [];

    public ProfileUpdate Update { get; } = new();
}

/// <summary>One element of a request: what it was, and the event it became or the reason why it did not.</summary>
/// <param name="Index">Its place in the request, from 0.</param>
internal readonly record struct SdkItem(int Index, JsonElement Source, SdkEvent? Event, DropReason? Reason);
