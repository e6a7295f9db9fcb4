namespace Nimbus.IngestService.People;

/// <summary>The person is in no answer any more.</summary>
/// <param name="ErasureId">What <c>GET /v1/erasures/{id}</c> takes.</param>
public sealed record ErasureAnswer(Guid ErasureId);

/// <summary>What became of everything that was known of a person.</summary>
/// <param name="RequestedAt">From then on no answer had them.</param>
/// <param name="EventsDeleted">How many of their events were deleted so far.</param>
/// <param name="CompletedAt">When the last place was done; null until then.</param>
/// <param name="Places">Each place where something of them may have stood.</param>
public sealed record ErasureReceipt(
    Guid ErasureId, Guid ProjectId, ErasureStatus Status, DateTimeOffset RequestedAt, Guid RequestedBy, long EventsDeleted,
    DateTimeOffset? CompletedAt, IReadOnlyList<ErasurePlace> Places);

/// <summary>How far an erasure is.</summary>
public enum ErasureStatus
{
    /// <summary>Some places wait.</summary>
    Running,

    /// <summary>No file of PostgreSQL, Redis or the engine has anything of the person.</summary>
    Complete,

    /// <summary>All is done that Nimbus may do here; some places are left to who runs the servers.</summary>
    NeedsOperator,
}

/// <summary>A place, and when it was rewritten without the person.</summary>
/// <param name="Place">A stable word.</param>
/// <param name="Detail">What it waits for, or what is left to do.</param>
public sealed record ErasurePlace(string Place, PlaceState State, DateTimeOffset? DoneAt, string? Detail);
