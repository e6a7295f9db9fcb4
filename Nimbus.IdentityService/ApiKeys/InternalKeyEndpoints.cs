using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>What intake asks about keys. Needs a service's token, and the gateway does not route it.</summary>
internal static class InternalKeyEndpoints
{
    public static void MapInternalKeys(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/keys/resolve", Resolve).RequireAuthorization(Policies.Service).ExcludeFromDescription();

    internal static async Task<Results<Ok<ResolvedKey>, ProblemHttpResult>> Resolve(
        ResolveKeyRequest request, IdentityDb db, SecretBox box, TimeProvider time, CancellationToken ct)
    {
        if (request.Kind is not ("key_id" or "secret_hash" or "write_key"))
        {
            var errors = new FieldErrors();
            errors.Add("kind", "must be key_id, secret_hash or write_key");
            return errors.Problem!;
        }

        var found = Matching(db.ApiKeys, request.Kind, request.Value);
        var now = time.GetStoredNow();
        var resolved = found is null ? null : await (
            from candidate in found.AsNoTracking()
            join project in db.Projects on candidate.ProjectId equals project.Id
            where project.DeletedAt == null && (candidate.ValidUntil == null || candidate.ValidUntil > now)
            select new { Key = candidate, project.Traffic }).SingleOrDefaultAsync(ct);
        if (resolved is null)
            return Problem.Of(404, "unknown_key", "There is no such key, or it has ended.");

        var key = resolved.Key;
        var secret = key.SealedSecret is null ? null : box.Open(key.MasterKeyId!, key.Id, key.SealedSecret);
        return TypedResults.Ok(
            new ResolvedKey(key.Id, key.ProjectId, key.Kind, secret, key.ValidUntil, key.AllowedOrigins, resolved.Traffic));
    }

    /// <summary>Null where the value cannot be one: what a stranger sends is not worth a query, and U+0000 would fail it.</summary>
    private static IQueryable<ApiKey>? Matching(IQueryable<ApiKey> keys, string kind, string? value) => kind switch
    {
        "key_id" when KeyFormat.IsId(value) => keys.Where(k => k.Id == value && k.Kind == KeyKind.Secret),
        "secret_hash" when KeyFormat.ParseHash(value) is { } hash => keys.Where(k => k.SecretHash == hash),
        "write_key" when KeyFormat.IsWriteKey(value) => keys.Where(k => k.WriteKey == value),
        _ => null,
    };
}

/// <param name="Kind"><c>key_id</c>, <c>secret_hash</c> or <c>write_key</c>: what <paramref name="Value"/> is.</param>
/// <param name="Value">For <c>secret_hash</c>, 64 lower-case hexadecimal digits.</param>
internal sealed record ResolveKeyRequest(string? Kind, string? Value);

/// <param name="Secret">The HMAC key as text; null for a write key.</param>
internal sealed record ResolvedKey(
    string KeyId, Guid ProjectId, KeyKind Kind, string? Secret, DateTimeOffset? ValidUntil, string[]? AllowedOrigins,
    TrafficDetail Traffic)
{
    // A record prints its fields by itself; this one may meet a log.
    public override string ToString() => $"{KeyId} of {ProjectId}";
}
