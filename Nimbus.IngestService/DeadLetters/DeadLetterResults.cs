using System.Text.Json;

namespace Nimbus.IngestService.DeadLetters;

/// <summary>Letters, those received first coming first.</summary>
/// <param name="NextCursor">Where the next page begins; null at the end.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetterAnswer> DeadLetters, string? NextCursor);

/// <summary>An event that could not be stored, or was refused although its request was answered with success.</summary>
/// <param name="Event">As received; a string where it is no JSON.</param>
/// <param name="Reason">A stable word: <c>cannot_be_stored</c>, or why intake refused it.</param>
/// <param name="Detail">What the database says about it.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Index">Its place in the request, from 0.</param>
/// <param name="NeedsCorrection">Whether a replay needs a corrected event: intake could not make one of this.</param>
/// <param name="CreatedAt">When it became a dead letter.</param>
public sealed record DeadLetterAnswer(
    Guid Id, JsonElement Event, string Reason, string Detail, int Attempts, int? Index, bool NeedsCorrection, DateTimeOffset CreatedAt);

/// <summary>What to store in place of the event as received.</summary>
/// <param name="Event">An event as POST /v1/events takes it. Without a <c>ts</c> it happened when the letter was received.</param>
public sealed record ReplayRequest(JsonElement? Event);

/// <summary>What became of letters that were to be stored again.</summary>
/// <param name="Replayed">On their way: each letter is gone once its event is stored.</param>
/// <param name="NotReplayed">Those that stay, and why.</param>
/// <param name="NextCursor">Where to go on; null when all have been looked at.</param>
public sealed record ReplayResult(int Replayed, IReadOnlyList<NotReplayed> NotReplayed, string? NextCursor);

/// <summary>A letter that needs something else first.</summary>
public sealed record NotReplayed(Guid Id, string Code, string Message);

/// <summary>How many letters were deleted.</summary>
public sealed record DeletedLetters(int Deleted);
