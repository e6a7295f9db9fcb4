using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Oidc;

/// <summary>Finds and makes accounts of an issuer's users where they are.</summary>
internal sealed class DatabaseUserSource(IServiceScopeFactory scopes) : IExternalUserSource
{
    public async Task<Guid> FindOrMakeAsync(ExternalUser user, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<OidcSignIn>().FindOrMakeAsync(user, ct);
    }
}
