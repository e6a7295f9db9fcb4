using System.Text.Json;

namespace Nimbus.IngestService.Pipeline;

/// <summary>
/// Why an event does not go through. The snake_case name is the code in the answer, the label of the metric and what
/// tests assert.
/// </summary>
public enum DropReason
{
    /// <summary>The event is no JSON object.</summary>
    InvalidEvent,

    /// <summary>The event's JSON is longer than allowed.</summary>
    EventTooLarge,

    /// <summary>No name, or one that is no string of 1 to 200 characters.</summary>
    InvalidName,

    /// <summary>The time is no RFC 3339 time.</summary>
    InvalidTs,

    /// <summary>The time is more than 24 hours ahead of the server.</summary>
    TsInFuture,

    /// <summary>The time is before 1971.</summary>
    TsTooOld,

    /// <summary>The user id is no string or number of at most 200 characters.</summary>
    InvalidUserId,

    /// <summary>The anonymous id is no string or number of at most 200 characters.</summary>
    InvalidAnonymousId,

    /// <summary>The idempotency key is no string or number of at most 200 characters.</summary>
    InvalidIdempotencyKey,

    /// <summary>The sequence number is no 64-bit integer.</summary>
    InvalidSeq,

    /// <summary>The properties are no object, too deep, too many, or hold a number outside the range of a double.</summary>
    InvalidProps,

    /// <summary>The same for the context.</summary>
    InvalidContext,

    /// <summary>The type is none that the SDK's protocol has.</summary>
    UnknownType,

    /// <summary>An id that the protocol asks for is missing: of the user, or the one that an alias is for.</summary>
    MissingId,

    /// <summary>The token of this element is no key of a project.</summary>
    UnknownToken,

    /// <summary>The update of a profile holds no operation, or one that cannot be read.</summary>
    InvalidUpdate,

    /// <summary>A strict import asks for a time.</summary>
    MissingTs,

    /// <summary>A strict import asks for an insert id of 1 to 36 letters, digits and hyphens.</summary>
    InvalidInsertId,

    /// <summary>A strict import refuses ids that stand for nobody.</summary>
    PlaceholderId,
}

/// <summary>How a <see cref="DropReason"/> is said.</summary>
public static class DropReasonText
{
    private static readonly string[] Codes =
        [.. Enum.GetValues<DropReason>().Select(reason => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()))];

    /// <summary>The stable word, for example <c>ts_in_future</c>.</summary>
    public static string Code(this DropReason reason) => Codes[(int)reason];

    /// <summary>A sentence that tells the sender what to mend.</summary>
    public static string Message(this DropReason reason) => reason switch
    {
        DropReason.InvalidEvent => "An event must be a JSON object.",
        DropReason.EventTooLarge => "The event is too large.",
        DropReason.InvalidName => "name must be a string of 1 to 200 characters.",
        DropReason.InvalidTs => "ts must be an RFC 3339 time, such as 2026-03-01T12:00:00.000Z.",
        DropReason.TsInFuture => "ts is more than 24 hours ahead of the server's clock.",
        DropReason.TsTooOld => "ts is before 1971.",
        DropReason.InvalidUserId => "user_id must be a string or a number of at most 200 characters.",
        DropReason.InvalidAnonymousId => "anonymous_id must be a string or a number of at most 200 characters.",
        DropReason.InvalidIdempotencyKey => "idempotency_key must be a string or a number of at most 200 characters.",
        DropReason.InvalidSeq => "seq must be a 64-bit integer.",
        DropReason.InvalidProps => "props must be an object of at most 2,000 keys, 64 levels and numbers a double can hold.",
        DropReason.InvalidContext => "context must be an object of at most 2,000 keys, 64 levels and numbers a double can hold.",
        DropReason.UnknownType => "type must be one of track, page, screen, identify, group and alias.",
        DropReason.MissingId => "An id is missing: a user or anonymous id, or the second id of an alias.",
        DropReason.UnknownToken => "The token is no write key of a project, or no longer.",
        DropReason.InvalidUpdate => "The profile update holds no operation that can be read.",
        DropReason.MissingTs => "properties.time is required by a strict import.",
        DropReason.InvalidInsertId => "properties.$insert_id must be 1 to 36 letters, digits and hyphens in a strict import.",
        DropReason.PlaceholderId => "properties.distinct_id is a placeholder, such as null or undefined.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
