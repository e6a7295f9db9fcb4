using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>Making, rotating and deleting a project's keys, one change after the other under the project's lock.</summary>
public sealed class KeyWriter(
    IdentityDb db, ProjectRights rights, ProjectReader projects, KeyReader reader, KeyMaker maker, KeyEndings endings,
    AuditLog audit, TimeProvider time)
{
    /// <summary>Keys that work at a time in one project.</summary>
    public const int MaxKeys = 100;

    public static readonly TimeSpan MaxGrace = TimeSpan.FromDays(1);

    /// <summary>A new primary secret key; the old one works for <paramref name="grace"/> more.</summary>
    public Task<ProjectWithSecret> RotateAsync(Guid projectId, Guid userId, TimeSpan grace, CancellationToken ct) =>
        endings.InTransactionAsync(async (end, token) =>
        {
            await rights.RequireLockedAsync(projectId, userId, ProjectAction.ManageKeys, token);
            var old = await db.ApiKeys.SingleAsync(
                k => k.ProjectId == projectId && k.Kind == KeyKind.Secret && k.IsPrimary, token);
            old.IsPrimary = false;
            end(old, time.GetStoredNow() + grace);
            await db.SaveChangesAsync(token); // before the next: two primary keys are refused by an index

            var (key, secret) = maker.NewSecretKey(projectId, old.Name, primary: true);
            db.ApiKeys.Add(key);
            audit.Add(AuditAction.KeyRotated, userId, projectId, key.Id, new Dictionary<string, object?>
            {
                ["old_key_id"] = old.Id,
                ["grace_seconds"] = (long)grace.TotalSeconds,
            });
            await db.SaveChangesAsync(token);
            return new ProjectWithSecret(await projects.DescribeAsync(projectId, token), secret);
        }, ct);

    /// <exception cref="ProblemException">409 <c>too_many_keys</c>.</exception>
    public Task<KeyWithSecret> CreateAsync(
        Guid projectId, Guid userId, KeyKind kind, string? name, string[]? allowedOrigins, CancellationToken ct) =>
        db.InTransactionAsync(async token =>
        {
            await rights.RequireLockedAsync(projectId, userId, ProjectAction.ManageKeys, token);
            if (await reader.Live(projectId).CountAsync(token) >= MaxKeys)
                throw new ProblemException(409, "too_many_keys", $"A project has at most {MaxKeys} keys. Delete one first.");

            var (key, secret) = kind == KeyKind.Secret
                ? maker.NewSecretKey(projectId, name, primary: false)
                : (maker.NewWriteKey(projectId, name, allowedOrigins, primary: false), (string?)null);
            db.ApiKeys.Add(key);
            audit.Add(AuditAction.KeyCreated, userId, projectId, key.Id,
                new Dictionary<string, object?> { ["kind"] = kind.ToString().ToLowerInvariant() });
            return new KeyWithSecret(KeyAnswer.Of(key), secret);
        }, ct);

    /// <summary>Ends a key now. Where it is the primary of its kind, the next oldest takes its place.</summary>
    /// <exception cref="ProblemException">404 <c>key_not_found</c>; 409 <c>last_key</c>: there is no other of its kind.</exception>
    public async Task DeleteAsync(Guid projectId, Guid userId, string keyId, CancellationToken ct)
    {
        await endings.InTransactionAsync(async (end, token) =>
        {
            await rights.RequireLockedAsync(projectId, userId, ProjectAction.ManageKeys, token);
            var key = KeyFormat.IsId(keyId)
                ? await reader.Live(projectId).SingleOrDefaultAsync(k => k.Id == keyId, token)
                : null;
            if (key is null)
                throw new ProblemException(404, "key_not_found", "This project has no such key.");
            if (key.IsPrimary)
                await HandOverAsync(key, token);
            end(key, time.GetStoredNow());
            audit.Add(AuditAction.KeyDeleted, userId, projectId, keyId);
            return true;
        }, ct);
    }

    private async Task HandOverAsync(ApiKey primary, CancellationToken ct)
    {
        // A key in its grace is on its way out, so it is no heir.
        var heir = await db.ApiKeys
            .Where(k => k.ProjectId == primary.ProjectId && k.Kind == primary.Kind && k.Id != primary.Id && k.ValidUntil == null)
            .OrderBy(k => k.CreatedAt).ThenBy(k => k.Id).FirstOrDefaultAsync(ct)
            ?? throw new ProblemException(409, "last_key",
                "This is the project's last key of its kind. Create another first, or rotate.");
        primary.IsPrimary = false;
        await db.SaveChangesAsync(ct); // before the next: two primary keys are refused by an index
        heir.IsPrimary = true;
    }
}
