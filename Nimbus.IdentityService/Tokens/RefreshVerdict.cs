namespace Nimbus.IdentityService.Tokens;

/// <summary>What to do with a refresh token that was shown.</summary>
public enum RefreshVerdict
{
    /// <summary>Its first use, in time: it dies, and a new pair is given.</summary>
    Rotate,

    /// <summary>Used before. Either of the two users may be a thief, so the whole family ends.</summary>
    Reused,

    /// <summary>Its family has ended, or its seven days are over.</summary>
    Ended,
}

/// <summary>The rules of rotation, on rows read under the session's lock.</summary>
public static class RefreshRules
{
    public static readonly TimeSpan AccessLifetime = TimeSpan.FromHours(1);

    /// <summary>From the last refresh, not from the sign-in.</summary>
    public static readonly TimeSpan RefreshLifetime = TimeSpan.FromDays(7);

    /// <summary>From the sign-in: after that nothing renews a session, and its owner signs in again.</summary>
    public static readonly TimeSpan SessionLifetime = TimeSpan.FromDays(90);

    /// <summary>When a session that is refreshed now ends unless it is refreshed again.</summary>
    public static DateTimeOffset ExpiryOf(DateTimeOffset begun, DateTimeOffset now) =>
        begun + SessionLifetime is var end && end < now + RefreshLifetime ? end : now + RefreshLifetime;

    public static RefreshVerdict Judge(RefreshToken token, Session session, DateTimeOffset now) =>
        token.UsedAt is not null ? RefreshVerdict.Reused // first: a second use tells of a theft even when all has ended
        : session.RevokedAt is not null || token.ExpiresAt <= now ? RefreshVerdict.Ended
        : RefreshVerdict.Rotate;
}
