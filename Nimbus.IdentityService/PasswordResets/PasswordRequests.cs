namespace Nimbus.IdentityService.PasswordResets;

/// <param name="NewPassword">8 to 256 characters.</param>
public sealed record ChangePasswordRequest(string? CurrentPassword, string? NewPassword);

/// <summary>Whose password was forgotten.</summary>
public sealed record RequestResetRequest(string? Email);

/// <param name="Token">As the link has it, <c>nbx_…</c>.</param>
/// <param name="Password">The new one, 8 to 256 characters.</param>
public sealed record ConfirmResetRequest(string? Token, string? Password);

/// <param name="Password">The account's; missing where it has none.</param>
public sealed record DeleteAccountRequest(string? Password);

/// <summary>A link by which its bearer sets a new password, once: shown only here.</summary>
public sealed record ResetLink(string Link, string Token, DateTimeOffset ExpiresAt)
{
    // A record prints its fields by itself; this one may meet a log.
    public override string ToString() => $"a link until {ExpiresAt:O}";
}
