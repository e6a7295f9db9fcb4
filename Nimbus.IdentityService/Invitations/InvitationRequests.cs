namespace Nimbus.IdentityService.Invitations;

/// <summary>An invitation to make.</summary>
/// <param name="Role"><c>owner</c>, <c>admin</c>, <c>analyst</c> or <c>viewer</c>.</param>
/// <param name="Email">Only this address may use it; missing: whoever has the link.</param>
public sealed record CreateInvitationRequest(string? Role, string? Email);

/// <param name="Token">As the invitation gave it, <c>nbi_…</c>.</param>
public sealed record AcceptInvitationRequest(string? Token);
