namespace Nimbus.IdentityService.Members;

/// <summary>A member to add: someone who has an account.</summary>
/// <param name="Role"><c>owner</c>, <c>admin</c>, <c>analyst</c> or <c>viewer</c>.</param>
public sealed record AddMemberRequest(string? Email, string? Role);

/// <summary>What a member becomes.</summary>
/// <param name="Role"><c>owner</c>, <c>admin</c>, <c>analyst</c> or <c>viewer</c>.</param>
public sealed record ChangeMemberRequest(string? Role);
