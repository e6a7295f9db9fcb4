namespace Nimbus.IdentityService.PersonalTokens;

/// <summary>A token to make.</summary>
/// <param name="Name">What it is for, 1 to 200 characters.</param>
/// <param name="Scopes">One or more of <c>read</c>, <c>write</c>, <c>admin</c>; each holds the ones before it.</param>
/// <param name="ExpiresInDays">1 to 366; 90 where missing.</param>
public sealed record CreateTokenRequest(string? Name, IReadOnlyList<string?>? Scopes, int? ExpiresInDays);

/// <summary>A personal access token as its owner sees it.</summary>
public sealed record TokenAnswer(
    Guid Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
{
    public static TokenAnswer Of(StoredToken token) => new(token.Id, token.Name, token.Scopes, token.CreatedAt, token.ExpiresAt);
}

/// <summary>A new token, <c>nbp_…</c>: the only time that it is shown.</summary>
public sealed record TokenWithSecret(TokenAnswer PersonalToken, string Token);

/// <summary>The tokens that work, oldest first.</summary>
public sealed record TokenList(IReadOnlyList<TokenAnswer> Tokens, string? NextCursor);
