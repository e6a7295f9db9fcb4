namespace Nimbus.IdentityService.Tokens;

/// <summary>An access token and the refresh token that gets the next pair.</summary>
/// <param name="ExpiresIn">Seconds that the access token is good for.</param>
public sealed record TokenPair(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn);
