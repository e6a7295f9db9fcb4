using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Tokens;

/// <summary>Sign-ins: begun, carried on by rotating refresh tokens, ended.</summary>
public sealed class Sessions(
    IdentityDb db, TokenIssuer issuer, SessionAnnouncements announcements, AuditLog audit, IHttpContextAccessor http, TimeProvider time)
{
    private const int MaxUserAgentLength = 200;

    /// <summary>A new session with its first pair, added to the unit of work at hand.</summary>
    public TokenPair Begin(Guid userId)
    {
        var now = time.GetStoredNow();
        var session = new Session
        {
            Id = Guid.CreateVersion7(now),
            UserId = userId,
            Address = http.HttpContext?.Connection.RemoteIpAddress?.ToString(),
            UserAgent = UserAgent(),
            CreatedAt = now,
            ExpiresAt = RefreshRules.ExpiryOf(now, now),
        };
        db.Sessions.Add(session);
        audit.Add(AuditAction.SessionStarted, userId, target: session.Id.ToString());
        return NewPair(session, now);
    }

    /// <summary>The next pair. The token shown is dead afterwards, whatever the answer.</summary>
    /// <exception cref="ProblemException">
    /// 401 <c>token_reused</c>, its family then ended; 401 <c>invalid_refresh_token</c>: unknown, expired or signed out.
    /// </exception>
    public async Task<TokenPair> RefreshAsync(string refreshToken, CancellationToken ct)
    {
        var hash = RefreshToken.HashOf(refreshToken);
        var (pair, reused) = await db.InTransactionAsync(token => RotateAsync(hash, token), ct);
        if (reused is not null)
        {
            // Once: who goes on showing a dead token makes no more noise.
            if (reused.AnnouncedAt is null)
                await AnnounceAsync(reused.Id);
            throw new ProblemException(401, "token_reused",
                "This refresh token was used before, so its session has been ended. Sign in again.");
        }
        return pair ?? throw new ProblemException(401, "invalid_refresh_token",
            "The refresh token is unknown or has ended. Sign in again.");
    }

    /// <summary>The sessions of a user that run, <paramref name="current"/> among them.</summary>
    public async Task<SessionList> ListAsync(Guid userId, Guid current, Paging<Guid> paging, CancellationToken ct)
    {
        var (after, now) = (paging.After ?? Guid.Empty, time.GetStoredNow());
        var rows = await db.Sessions.AsNoTracking()
            .Where(s => s.UserId == userId && s.RevokedAt == null && s.ExpiresAt > now && s.Id > after)
            .OrderBy(s => s.Id).Take(paging.Limit + 1).ToListAsync(ct);
        var (page, next) = paging.Cut(rows, s => s.Id.ToString("D"));
        return new SessionList(
            [.. page.Select(s => new SessionAnswer(s.Id, s.Address, s.UserAgent, s.CreatedAt, s.ExpiresAt, s.Id == current))], next);
    }

    /// <summary>As <see cref="EndAsync"/>, for a session of this user.</summary>
    /// <exception cref="ProblemException">404 <c>session_not_found</c>; 503 <c>redis_unavailable</c>.</exception>
    public async Task EndOwnAsync(Guid userId, Guid sessionId, CancellationToken ct)
    {
        if (!await db.Sessions.AnyAsync(s => s.Id == sessionId && s.UserId == userId && s.RevokedAt == null, ct))
            throw new ProblemException(404, "session_not_found", "There is no such session of yours.");
        await EndAsync(sessionId, RevocationReason.EndedByOwner, ct);
    }

    /// <summary>Ends the session: its refresh tokens now, its access tokens on every node within a second.</summary>
    /// <exception cref="ProblemException">
    /// 503 <c>redis_unavailable</c>: the refresh tokens are dead, but nodes could not be told about access tokens yet.
    /// </exception>
    public async Task EndAsync(Guid sessionId, string reason, CancellationToken ct)
    {
        await db.InTransactionAsync(async token =>
        {
            var session = await LockAsync(sessionId, token);
            if (session is { RevokedAt: null })
            {
                Revoke(session, reason);
                audit.Add(AuditAction.SessionEnded, session.UserId, target: $"{sessionId}");
            }
            return true;
        }, ct);
        if (!await AnnounceAsync(sessionId))
            throw new ProblemException(503, "redis_unavailable",
                "The session cannot be renewed any more, but its access token may work until every node hears of it.");
    }

    /// <summary>Revokes a user's running sessions but one, in the transaction at hand; who announces them is told which.</summary>
    internal async Task<List<Guid>> RevokeOthersAsync(Guid userId, Guid keep, string reason, CancellationToken ct)
    {
        var now = time.GetStoredNow();
        var running = await db.Sessions
            .FromSql($"""
                SELECT * FROM sessions
                WHERE user_id = {userId} AND id <> {keep} AND revoked_at IS NULL AND expires_at > {now}
                ORDER BY id FOR UPDATE
                """).ToListAsync(ct);
        foreach (var session in running)
        {
            Revoke(session, reason);
            audit.Add(AuditAction.SessionEnded, userId, target: $"{session.Id}");
        }
        return [.. running.Select(session => session.Id)];
    }

    /// <summary>Tells every node of a revocation that is committed. False: not now; the sweeper goes on trying.</summary>
    public async Task<bool> AnnounceAsync(Guid sessionId)
    {
        if (!await announcements.TryRevokedAsync(sessionId))
            return false;
        var now = time.GetStoredNow();
        await db.Sessions.Where(s => s.Id == sessionId && s.RevokedAt != null)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.AnnouncedAt, now));
        return true;
    }

    private async Task<(TokenPair? Pair, Session? Reused)> RotateAsync(byte[] hash, CancellationToken ct)
    {
        var sessionId = await db.RefreshTokens.Where(t => t.Hash == hash)
            .Select(t => (Guid?)t.SessionId).SingleOrDefaultAsync(ct);
        if (sessionId is null)
            return default;

        // TRICKY: the session first, then the token. Of two uses at once the second waits here, and then reads the token
        // as the first has left it: used.
        var session = await LockAsync(sessionId.Value, ct);
        var token = await db.RefreshTokens.SingleOrDefaultAsync(t => t.Hash == hash, ct);
        if (session is null || token is null)
            return default;

        var now = time.GetStoredNow();
        switch (RefreshRules.Judge(token, session, now))
        {
            case RefreshVerdict.Rotate:
                token.UsedAt = now;
                session.ExpiresAt = RefreshRules.ExpiryOf(session.CreatedAt, now);
                return (NewPair(session, now), null);
            case RefreshVerdict.Reused:
                if (session.RevokedAt is null)
                {
                    Revoke(session, RevocationReason.TokenReused);
                    audit.Add(AuditAction.SessionReuseDetected, session.UserId, target: $"{session.Id}");
                }
                return (null, session);
            default:
                return default;
        }
    }

    private async Task<Session?> LockAsync(Guid sessionId, CancellationToken ct) =>
        (await db.Sessions.FromSql($"SELECT * FROM sessions WHERE id = {sessionId} FOR UPDATE").ToListAsync(ct))
            .SingleOrDefault();

    private string? UserAgent()
    {
        // As PostgreSQL takes it: a header may hold any byte.
        var sent = http.HttpContext?.Request.Headers.UserAgent.ToString() ?? "";
        var kept = new string([.. sent.Where(c => c is >= ' ' and <= '~').Take(MaxUserAgentLength)]);
        return kept.Length == 0 ? null : kept;
    }

    private void Revoke(Session session, string reason)
    {
        session.RevokedAt = time.GetStoredNow();
        session.RevokedReason = reason;
    }

    private TokenPair NewPair(Session session, DateTimeOffset now)
    {
        var refreshToken = RefreshToken.NewToken();
        db.RefreshTokens.Add(new RefreshToken
        {
            Hash = RefreshToken.HashOf(refreshToken),
            SessionId = session.Id,
            CreatedAt = now,
            ExpiresAt = session.ExpiresAt,
        });
        var accessToken = issuer.Issue(
            new AccessToken(session.UserId, session.Id, Audiences.User, RefreshRules.AccessLifetime));
        return new TokenPair(accessToken, refreshToken, "Bearer", (int)RefreshRules.AccessLifetime.TotalSeconds);
    }
}
