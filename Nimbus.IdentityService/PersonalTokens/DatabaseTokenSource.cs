using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.PersonalTokens;

/// <summary>Looks personal access tokens up where they are.</summary>
internal sealed class DatabaseTokenSource(IServiceScopeFactory scopes, TimeProvider time) : IPersonalTokenSource
{
    public async Task<PersonalToken?> FindAsync(string hash, CancellationToken ct)
    {
        if (KeyFormat.ParseHash(hash) is not { } bytes)
            return null;
        await using var scope = scopes.CreateAsyncScope();
        var now = time.GetStoredNow();
        var found = await scope.ServiceProvider.GetRequiredService<IdentityDb>().PersonalTokens.AsNoTracking()
            .SingleOrDefaultAsync(t => t.Hash == bytes && t.ExpiresAt > now, ct);
        return found is null ? null : new PersonalToken(found.Id, found.UserId, found.Scopes, found.ExpiresAt);
    }
}
