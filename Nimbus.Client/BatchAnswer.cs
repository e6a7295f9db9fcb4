namespace Nimbus.Client;

/// <summary>The server's answer to a batch. Accepted events are kept; nothing is left to retry.</summary>
/// <param name="Accepted">Events taken, the known ones among <paramref name="Duplicates"/> not included.</param>
/// <param name="Duplicates">Events the server knew already (best effort: stored once either way).</param>
/// <param name="Rejected">Events that can never be stored; <paramref name="Errors"/> says why.</param>
/// <param name="Errors">One for each rejected event.</param>
public sealed record BatchAnswer(int Accepted, int Duplicates, int Rejected, IReadOnlyList<EventError> Errors)
{
    internal static BatchAnswer Empty { get; } = new(0, 0, 0, []);

    /// <summary>Both as one, the indexes of <paramref name="next"/> moved on by <paramref name="offset"/>.</summary>
    internal BatchAnswer Followed(BatchAnswer next, int offset) => new(
        Accepted + next.Accepted,
        Duplicates + next.Duplicates,
        Rejected + next.Rejected,
        [.. Errors, .. next.Errors.Select(error => error with { Index = error.Index + offset })]);
}

/// <summary>Why one event of a batch was rejected.</summary>
/// <param name="Index">Its place in the batch, from 0.</param>
/// <param name="Code">Stable and machine-readable: <c>ts_in_future</c>.</param>
/// <param name="Message">For people.</param>
public sealed record EventError(int Index, string Code, string Message);
