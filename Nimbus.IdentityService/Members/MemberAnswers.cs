using Nimbus.IdentityService.Projects;

namespace Nimbus.IdentityService.Members;

/// <summary>A member as owners and admins see them.</summary>
/// <param name="CreatedAt">Since when they are a member.</param>
public sealed record MemberAnswer(Guid UserId, string Email, string? Name, ProjectRole Role, DateTimeOffset CreatedAt);

/// <summary>The members, the oldest account first.</summary>
public sealed record MemberList(IReadOnlyList<MemberAnswer> Members, string? NextCursor);
