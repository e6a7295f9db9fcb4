namespace Nimbus.IdentityService.Tokens;

/// <summary>A sign-in that still runs.</summary>
/// <param name="Address">From where it was begun; null where that is not known.</param>
/// <param name="UserAgent">With what; at most 200 characters of it.</param>
/// <param name="ExpiresAt">When it ends unless it is refreshed before.</param>
/// <param name="Current">Whether it is the one that asks.</param>
public sealed record SessionAnswer(
    Guid Id, string? Address, string? UserAgent, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, bool Current);

/// <summary>The caller's sessions, oldest first.</summary>
public sealed record SessionList(IReadOnlyList<SessionAnswer> Sessions, string? NextCursor);
