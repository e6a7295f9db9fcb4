namespace Nimbus.Client;

/// <summary>One recorded fact: its name, whose it is, when it was, and its details.</summary>
/// <param name="Name">What happened, 1 to 200 characters: <c>order_placed</c>.</param>
public sealed record NimbusEvent(string Name)
{
    /// <summary>When it happened, kept to the millisecond; none: when the server receives it.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The signed-in user, at most 200 characters.</summary>
    public string? UserId { get; init; }

    /// <summary>The device or browser before sign-in, at most 200 characters.</summary>
    public string? AnonymousId { get; init; }

    /// <summary>
    /// Two events with the same key are one event, whatever else differs. None: a new UUIDv7 when the event is
    /// written into a batch, so that a batch sent twice is stored once.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Orders the events of one user within a millisecond.</summary>
    public long? Seq { get; init; }

    /// <summary>
    /// Details: text, numbers, booleans, dates, GUIDs, <see cref="System.Text.Json.JsonElement"/>, and dictionaries
    /// and lists of these. Any other type is refused with <see cref="NotSupportedException"/>.
    /// </summary>
    public IReadOnlyDictionary<string, object?>? Properties { get; init; }

    /// <summary>
    /// A JSON object as text, sent as it stands, so that every digit of its numbers survives. Wins over
    /// <see cref="Properties"/>.
    /// </summary>
    public string? PropertiesJson { get; init; }

    /// <summary>Surroundings: device, page, campaign. The same types as <see cref="Properties"/>.</summary>
    public IReadOnlyDictionary<string, object?>? Context { get; init; }

    /// <summary>The same as a JSON object in text, sent as it stands. Wins over <see cref="Context"/>.</summary>
    public string? ContextJson { get; init; }
}
