using Nimbus.IdentityService.Projects;

namespace Nimbus.IdentityService.Invitations;

/// <summary>An invitation that nobody has used yet.</summary>
/// <param name="Email">Whose account may use it; null: anyone who has the link.</param>
public sealed record InvitationAnswer(
    Guid Id, ProjectRole Role, string? Email, Guid InvitedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
{
    public static InvitationAnswer Of(Invitation invitation) => new(
        invitation.Id, invitation.Role, invitation.Email, invitation.InvitedBy, invitation.CreatedAt, invitation.ExpiresAt);
}

/// <summary>A new invitation. Token and link, which holds it, are shown only here.</summary>
public sealed record InvitationWithLink(InvitationAnswer Invitation, string Token, string Link);

/// <summary>The invitations that can still be used, oldest first.</summary>
public sealed record InvitationList(IReadOnlyList<InvitationAnswer> Invitations, string? NextCursor);

/// <summary>The project that the caller is in now.</summary>
public sealed record JoinedAnswer(Guid ProjectId, string Name, ProjectRole Role);
