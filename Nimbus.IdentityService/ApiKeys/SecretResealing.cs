using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>Seals secrets under the current master key that another has sealed. The secrets themselves stay the same.</summary>
public sealed class SecretResealing(IdentityDb db, SecretBox box, MasterKey masterKey, AuditLog audit)
{
    /// <summary>Secrets that one call takes on; the caller goes on until none are left.</summary>
    public const int BatchSize = 1000;

    /// <exception cref="ProblemException">409 <c>master_key_missing</c>: a key that sealed some is not configured here.</exception>
    public async Task<ResealAnswer> RunAsync(Guid actorId, CancellationToken ct)
    {
        var current = masterKey.CurrentId;
        var resealed = await db.InTransactionAsync(async token =>
        {
            // Keys that a rotation has locked, or another run of this, are left to them.
            var keys = await db.ApiKeys.FromSql($"""
                SELECT * FROM api_keys WHERE master_key_id <> {current} ORDER BY id LIMIT {BatchSize} FOR UPDATE SKIP LOCKED
                """).ToListAsync(token);
            foreach (var key in keys)
            {
                key.SealedSecret = box.Seal(key.Id, Open(key));
                key.MasterKeyId = current;
            }
            if (keys.Count > 0)
                audit.Add(AuditAction.SecretsResealed, actorId, target: current,
                    details: new Dictionary<string, object?> { ["count"] = keys.Count });
            return keys.Count;
        }, ct);
        var remaining = await db.ApiKeys.CountAsync(k => k.MasterKeyId != null && k.MasterKeyId != current, ct);
        return new ResealAnswer(current, resealed, remaining);
    }

    private string Open(ApiKey key)
    {
        try
        {
            return box.Open(key.MasterKeyId!, key.Id, key.SealedSecret);
        }
        catch (CryptographicException)
        {
            throw new ProblemException(409, "master_key_missing",
                $"Key {key.Id} was sealed under master key {key.MasterKeyId}, which is not configured or is another. "
                + $"Nothing of this batch was changed: set {MasterKey.OthersSetting}:{key.MasterKeyId}.");
        }
    }
}

/// <param name="MasterKeyId">The current master key's name.</param>
/// <param name="Resealed">Secrets sealed under it by this call.</param>
/// <param name="Remaining">Secrets that another one still seals.</param>
public sealed record ResealAnswer(string MasterKeyId, int Resealed, int Remaining);

internal static class SecretResealingEndpoints
{
    public static void MapSecretResealing(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/admin/keys/re-encrypt", Reseal).WithTags("Installation").RequireAuthorization(Policies.User)
            .RequireScope(TokenScopes.Admin).WithSummary("Seal secrets under the current master key; call until none remain")
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(409);

    internal static async Task<Ok<ResealAnswer>> Reseal(
        ClaimsPrincipal user, Administrators administrators, SecretResealing secrets, CancellationToken ct)
    {
        await administrators.RequireAsync(user.UserId(), ct);
        return TypedResults.Ok(await secrets.RunAsync(user.UserId(), ct));
    }
}
