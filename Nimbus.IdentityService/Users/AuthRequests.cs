namespace Nimbus.IdentityService.Users;

/// <summary>A new account.</summary>
/// <param name="Password">8 to 256 characters.</param>
/// <param name="Name">At most 200 characters.</param>
/// <param name="Invitation">The token of an invitation: the account is in its project at once, and needs no open registration.</param>
public sealed record RegisterRequest(string? Email, string? Password, string? Name, string? Invitation = null);

/// <summary>A sign-in; the address as <c>email</c> or, from clients that know no other field, as <c>username</c>.</summary>
public sealed record LoginRequest(string? Email, string? Username, string? Password);

/// <summary>The refresh token, where it is not sent as Bearer.</summary>
public sealed record RefreshRequest(string? RefreshToken);
