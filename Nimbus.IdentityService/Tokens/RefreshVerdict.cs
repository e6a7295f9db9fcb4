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

    public static RefreshVerdict Judge(RefreshToken token, Session session, DateTimeOffset now) =>
        token.UsedAt is not null ? RefreshVerdict.Reused // first: a second use tells of a theft even when all has ended
        : session.RevokedAt is not null || token.ExpiresAt <= now ? RefreshVerdict.Ended
        : RefreshVerdict.Rotate;
}
