using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Tokens;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.PersonalTokens;

/// <summary>A user's personal access tokens.</summary>
public sealed class TokenDrawer(IdentityDb db, SessionAnnouncements announcements, AuditLog audit, TimeProvider time)
{
    /// <summary>That work at a time, of one user.</summary>
    public const int MaxTokens = 100;

    /// <exception cref="ProblemException">409 <c>too_many_tokens</c>.</exception>
    public Task<TokenWithSecret> CreateAsync(
        Guid userId, string name, string[] scopes, TimeSpan lifetime, CancellationToken ct) =>
        db.InTransactionAsync(async token =>
        {
            if (await Live(userId).CountAsync(token) >= MaxTokens)
                throw new ProblemException(409, "too_many_tokens", $"An account has at most {MaxTokens} tokens. Delete one first.");
            var now = time.GetStoredNow();
            var secret = ServiceDefaults.PersonalTokens.Prefix + RandomText.Base62(ServiceDefaults.PersonalTokens.SecretLength);
            var stored = new StoredToken
            {
                Id = Guid.CreateVersion7(now),
                UserId = userId,
                Name = name,
                Hash = RefreshToken.HashOf(secret),
                Scopes = scopes,
                CreatedAt = now,
                ExpiresAt = now + lifetime,
            };
            db.PersonalTokens.Add(stored);
            audit.Add(AuditAction.TokenCreated, userId, target: $"{stored.Id}",
                details: new Dictionary<string, object?> { ["scopes"] = scopes });
            return new TokenWithSecret(TokenAnswer.Of(stored), secret);
        }, ct);

    public async Task<TokenList> ListAsync(Guid userId, Paging<Guid> paging, CancellationToken ct)
    {
        var after = paging.After ?? Guid.Empty;
        var rows = await Live(userId).AsNoTracking().Where(t => t.Id > after)
            .OrderBy(t => t.Id).Take(paging.Limit + 1).ToListAsync(ct);
        var (page, next) = paging.Cut(rows, t => t.Id.ToString("D"));
        return new TokenList([.. page.Select(TokenAnswer.Of)], next);
    }

    /// <summary>Every service refuses it within a second; while Redis is away, once it has forgotten it, in 30 seconds.</summary>
    /// <exception cref="ProblemException">404 <c>token_not_found</c>.</exception>
    public async Task DeleteAsync(Guid userId, Guid tokenId, CancellationToken ct)
    {
        await db.InTransactionAsync(async token =>
        {
            if (await db.PersonalTokens.Where(t => t.Id == tokenId && t.UserId == userId).ExecuteDeleteAsync(token) == 0)
                throw new ProblemException(404, "token_not_found", "There is no such token of yours.");
            audit.Add(AuditAction.TokenDeleted, userId, target: $"{tokenId}");
            return true;
        }, ct);
        await announcements.TryRevokedAsync(tokenId);
    }

    /// <summary>Takes all of a user's tokens back, in the transaction at hand; who announces them is told which.</summary>
    internal async Task<List<Guid>> DeleteAllAsync(Guid userId, CancellationToken ct)
    {
        var ids = await db.PersonalTokens.Where(t => t.UserId == userId).Select(t => t.Id).ToListAsync(ct);
        await db.PersonalTokens.Where(t => t.UserId == userId).ExecuteDeleteAsync(ct);
        return ids;
    }

    private IQueryable<StoredToken> Live(Guid userId)
    {
        var now = time.GetStoredNow();
        return db.PersonalTokens.Where(t => t.UserId == userId && t.ExpiresAt > now);
    }
}
