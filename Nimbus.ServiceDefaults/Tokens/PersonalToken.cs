using System.Security.Claims;

namespace Nimbus.ServiceDefaults;

/// <summary>A personal access token that works: whose it is and what it may be used for.</summary>
/// <param name="Scopes">Of <see cref="TokenScopes"/>.</param>
public sealed record PersonalToken(Guid TokenId, Guid UserId, IReadOnlyList<string> Scopes, DateTimeOffset ExpiresAt)
{
    internal ClaimsIdentity ToIdentity(string scheme)
    {
        var claims = new ClaimsIdentity(scheme, "sub", roleType: null);
        claims.AddClaim(new Claim("sub", UserId.ToString("D")));
        claims.AddClaim(new Claim("sid", TokenId.ToString("D")));
        claims.AddClaim(new Claim("aud", Audiences.User));
        foreach (var scope in Scopes)
            claims.AddClaim(new Claim(TokenScopes.Claim, scope));
        return claims;
    }
}

/// <summary>Where personal access tokens are looked up: the identity service has the database, the others ask it.</summary>
public interface IPersonalTokenSource
{
    /// <summary>The token with this hash, or null where there is none that works.</summary>
    Task<PersonalToken?> FindAsync(string hash, CancellationToken ct);
}
