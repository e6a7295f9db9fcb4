using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Mail;
using Nimbus.IdentityService.PersonalTokens;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Tokens;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.PasswordResets;

/// <summary>
/// Changing a password, by the old one or by a link. A change ends the other sessions. A reset ends all of them and takes
/// personal tokens back as well: whoever else knew the password may have made some.
/// </summary>
public sealed class PasswordDesk(
    IdentityDb db, Users.Passwords passwords, Sessions sessions, TokenDrawer tokens, SessionAnnouncements announcements,
    PublicAddress address, AuditLog audit, TimeProvider time)
{
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromHours(1);

    /// <summary>Links that work at a time, of one account: a stranger who asks for more fills no mailbox.</summary>
    public const int MaxLinks = 3;

    /// <exception cref="ProblemException">403 <c>wrong_password</c>.</exception>
    public async Task ChangeAsync(Guid userId, Guid sessionId, string current, string next, CancellationToken ct)
    {
        await RequirePasswordAsync(userId, current, ct);
        var hash = await passwords.HashAsync(next, ct);
        var ended = await db.InTransactionAsync(async token =>
        {
            await SetAsync(userId, hash, token);
            audit.Add(AuditAction.PasswordChanged, userId, target: $"{userId}");
            return await sessions.RevokeOthersAsync(userId, sessionId, RevocationReason.PasswordChanged, token);
        }, ct);
        await AnnounceAsync(ended);
    }

    /// <summary>Proves that the caller knows the account's password, where it has one.</summary>
    /// <exception cref="ProblemException">403 <c>wrong_password</c>.</exception>
    public async Task RequirePasswordAsync(Guid userId, string? password, CancellationToken ct)
    {
        var hash = await db.Users.Where(u => u.Id == userId).Select(u => u.PasswordHash).SingleOrDefaultAsync(ct);
        if (hash is not null && await passwords.CheckAsync(hash, password ?? "", ct) == PasswordCheck.Wrong)
            throw new ProblemException(403, "wrong_password", "This is not the account's password.");
    }

    /// <summary>A mail with a new link, for the one who forgot; null where there is no such account, or enough links.</summary>
    public Task<MailMessage?> WriteMailAsync(string email, CancellationToken ct) => db.InTransactionAsync(async token =>
    {
        var user = await FindAsync(email, token);
        var now = time.GetStoredNow();
        if (user is null || await db.PasswordResets.CountAsync(r => r.UserId == user.Id && r.ExpiresAt > now, token) >= MaxLinks)
            return null;
        var link = NewLink(user, actorId: null);
        return new MailMessage(user.Email, "Set a new Nimbus password",
            $"Somebody, hopefully you, asked for a new password for {user.Email}. Within the hour, this link sets one:\n\n"
            + $"{link.Link}\n\nIf it was not you, do nothing: the password stays as it is.\n");
    }, ct);

    /// <summary>A link for an administrator to hand on.</summary>
    /// <exception cref="ProblemException">404 <c>user_not_found</c>.</exception>
    public Task<ResetLink> MakeLinkAsync(string email, Guid actorId, CancellationToken ct) => db.InTransactionAsync(async token =>
        NewLink(await FindAsync(email, token) ?? throw new ProblemException(404, "user_not_found", "There is no account with this address."),
            actorId), ct);

    /// <exception cref="ProblemException">400 <c>invalid_reset_token</c>: unknown, used or expired.</exception>
    public async Task ResetAsync(string secret, string password, CancellationToken ct)
    {
        var hash = RefreshToken.HashOf(secret);
        var now = time.GetStoredNow();
        if (!await db.PasswordResets.AnyAsync(r => r.Hash == hash && r.ExpiresAt > now, ct))
            throw NoSuchLink();
        var newHash = await passwords.HashAsync(password, ct);
        var ended = await db.InTransactionAsync(async token =>
        {
            var userId = await db.PasswordResets.Where(r => r.Hash == hash && r.ExpiresAt > now)
                .Select(r => (Guid?)r.UserId).SingleOrDefaultAsync(token) ?? throw NoSuchLink();
            // Of two uses at once one deletes the row and the other waits and finds none.
            if (await db.PasswordResets.Where(r => r.Hash == hash).ExecuteDeleteAsync(token) == 0)
                throw NoSuchLink();
            await SetAsync(userId, newHash, token);
            audit.Add(AuditAction.PasswordReset, userId, target: $"{userId}");
            var ids = await sessions.RevokeOthersAsync(userId, keep: Guid.Empty, RevocationReason.PasswordChanged, token);
            ids.AddRange(await tokens.DeleteAllAsync(userId, token));
            return ids;
        }, ct);
        await AnnounceAsync(ended);
    }

    private Task<User?> FindAsync(string email, CancellationToken ct)
    {
        var normalized = EmailAddress.IsPlausible(email) ? EmailAddress.Normalize(email) : null;
        return db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.EmailNormalized == normalized, ct);
    }

    private ResetLink NewLink(User user, Guid? actorId)
    {
        var now = time.GetStoredNow();
        var secret = PasswordReset.Prefix + RandomText.Base62(RandomText.CharactersFor256Bits);
        var reset = new PasswordReset
        {
            Hash = RefreshToken.HashOf(secret),
            UserId = user.Id,
            CreatedAt = now,
            ExpiresAt = now + LinkLifetime,
        };
        db.PasswordResets.Add(reset);
        audit.Add(AuditAction.PasswordResetRequested, actorId, target: $"{user.Id}");
        return new ResetLink(address.LinkTo("password-reset", secret), secret, reset.ExpiresAt);
    }

    /// <summary>Sets the hash and ends all links.</summary>
    private async Task SetAsync(Guid userId, string hash, CancellationToken ct)
    {
        await db.Users.Where(u => u.Id == userId).ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, hash), ct);
        await db.PasswordResets.Where(r => r.UserId == userId).ExecuteDeleteAsync(ct);
    }

    /// <summary>What Redis misses, the sweeper says later; tokens are forgotten in 30 seconds.</summary>
    private async Task AnnounceAsync(IEnumerable<Guid> ids)
    {
        foreach (var id in ids)
        {
            if (!await announcements.TryRevokedAsync(id))
                return; // Redis is away for the others too
        }
    }

    private static ProblemException NoSuchLink() => new(400, "invalid_reset_token", "This link is unknown, used or has expired.");
}
