using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Tokens;

namespace Nimbus.IdentityService.Users;

/// <summary>A user as users see them.</summary>
public sealed record UserAnswer(Guid Id, string Email, string? Name, DateTimeOffset CreatedAt)
{
    public static UserAnswer Of(User user) => new(user.Id, user.Email, user.Name, user.CreatedAt);
}

/// <summary>The first pair of tokens of a session, and whose it is.</summary>
/// <param name="ExpiresIn">Seconds that the access token is good for.</param>
public sealed record SignedIn(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn, UserAnswer User)
{
    public static SignedIn Of(TokenPair pair, User user) =>
        new(pair.AccessToken, pair.RefreshToken, pair.TokenType, pair.ExpiresIn, UserAnswer.Of(user));
}

/// <summary>The caller and the projects they are a member of, oldest first.</summary>
/// <param name="IsAdministrator">Whether they look after the installation.</param>
public sealed record MeAnswer(
    Guid Id, string Email, string? Name, bool IsAdministrator, DateTimeOffset CreatedAt, IReadOnlyList<MembershipAnswer> Projects);

/// <summary>A project, and what the caller is in it.</summary>
public sealed record MembershipAnswer(Guid Id, string Name, ProjectRole Role);
