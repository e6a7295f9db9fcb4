using System.Security.Claims;

namespace Nimbus.ServiceDefaults;

/// <summary>Who calls. For endpoints that require <see cref="Policies.User"/>, where both claims are certain.</summary>
public static class UserClaims
{
    /// <summary>The signed-in user.</summary>
    /// <exception cref="ProblemException">401: nobody is signed in.</exception>
    public static Guid UserId(this ClaimsPrincipal user) => Read(user, "sub");

    /// <summary>The session that the access token belongs to.</summary>
    /// <exception cref="ProblemException">401: nobody is signed in.</exception>
    public static Guid SessionId(this ClaimsPrincipal user) => Read(user, "sid");

    /// <summary>Whether a personal access token speaks for the user, and no session of theirs.</summary>
    public static bool IsByPersonalToken(this ClaimsPrincipal user) => user.HasClaim(claim => claim.Type == TokenScopes.Claim);

    private static Guid Read(ClaimsPrincipal user, string claim) =>
        Guid.TryParseExact(user.FindFirst(claim)?.Value, "D", out var id)
            ? id
            : throw new ProblemException(401, "unauthorized", StatusProblems.Of(401).Detail);
}
