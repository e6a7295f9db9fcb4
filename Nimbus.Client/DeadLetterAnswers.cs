using System.Text.Json;

namespace Nimbus.Client;

/// <summary>Events that could not be stored, those received first coming first.</summary>
/// <param name="NextCursor">Where the next page begins; null at the end.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetter> DeadLetters, string? NextCursor);

/// <summary>An event that could not be stored.</summary>
/// <param name="Event">As received; a string where it is no JSON.</param>
/// <param name="Reason">A stable word.</param>
/// <param name="Detail">What the database says about it.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Index">Its place in the request, from 0.</param>
/// <param name="NeedsCorrection">Whether a replay needs a corrected event.</param>
/// <param name="CreatedAt">When it became a dead letter.</param>
public sealed record DeadLetter(
    Guid Id, JsonElement Event, string Reason, string Detail, int Attempts, int? Index, bool NeedsCorrection, DateTimeOffset CreatedAt);

/// <summary>What became of letters that were to be stored again.</summary>
/// <param name="Replayed">On their way.</param>
/// <param name="NotReplayed">Those that stay, and why.</param>
/// <param name="NextCursor">Where to go on; null when all have been looked at.</param>
public sealed record ReplayAnswer(int Replayed, IReadOnlyList<NotReplayed> NotReplayed, string? NextCursor);

/// <summary>A letter that needs something else first.</summary>
public sealed record NotReplayed(Guid Id, string Code, string Message);
