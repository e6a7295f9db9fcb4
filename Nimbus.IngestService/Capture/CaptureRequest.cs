using System.Text.Json.Nodes;

namespace Nimbus.IngestService.Capture;

/// <summary>The body of a batch, for the API's description. What arrives is read without it, event by event.</summary>
/// <param name="ProjectId">The project of the key; any other is refused.</param>
/// <param name="Events">1 to 1,000.</param>
public sealed record CaptureRequest(Guid? ProjectId, IReadOnlyList<CapturedEvent> Events);

/// <summary>One event.</summary>
/// <param name="Name">1 to 200 characters. Also <c>event</c>, <c>event_type</c>.</param>
/// <param name="Ts">RFC 3339; without it the time of receipt. Also <c>timestamp</c>, <c>occurred_at</c>.</param>
/// <param name="Props">Also <c>properties</c>.</param>
/// <param name="UserId">At most 200 characters. Also <c>userId</c>.</param>
/// <param name="AnonymousId">At most 200 characters. Also <c>anonymousId</c>.</param>
/// <param name="IdempotencyKey">
/// Two events of a project with the same key are one. Also <c>event_id</c>, <c>message_id</c>, <c>messageId</c>.
/// </param>
/// <param name="Seq">Orders the events of one id within a millisecond.</param>
/// <param name="Context">Where the event came from: page, device, library.</param>
public sealed record CapturedEvent(
    string Name,
    DateTimeOffset? Ts,
    JsonObject? Props,
    string? UserId,
    string? AnonymousId,
    string? IdempotencyKey,
    long? Seq,
    JsonObject? Context);
