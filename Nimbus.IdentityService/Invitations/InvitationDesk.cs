using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Members;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Tokens;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Invitations;

/// <summary>Invitations: made by owners and admins, used once within seven days.</summary>
public sealed class InvitationDesk(
    IdentityDb db, ProjectRights rights, MemberWriter members, ProjectAnnouncements announcements, AuditLog audit, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>That can be used at a time, in one project.</summary>
    public const int MaxOpen = 200;

    /// <summary>The invitation, and its secret in clear: to be shown once.</summary>
    /// <exception cref="ProblemException">409 <c>too_many_invitations</c>.</exception>
    public Task<(InvitationAnswer Invitation, string Token)> CreateAsync(
        Guid projectId, Guid actorId, ProjectRole role, string? email, CancellationToken ct) =>
        db.InTransactionAsync(async token =>
        {
            await members.RequireAsync(projectId, actorId, role, token);
            if (await Open(projectId).CountAsync(token) >= MaxOpen)
                throw new ProblemException(409, "too_many_invitations", $"A project has at most {MaxOpen} open invitations. Withdraw one first.");
            var now = time.GetStoredNow();
            var secret = Invitation.Prefix + RandomText.Base62(RandomText.CharactersFor256Bits);
            var invitation = new Invitation
            {
                Id = Guid.CreateVersion7(now),
                ProjectId = projectId,
                Hash = RefreshToken.HashOf(secret),
                Role = role,
                Email = email is null ? null : EmailAddress.Normalize(email),
                InvitedBy = actorId,
                CreatedAt = now,
                ExpiresAt = now + Lifetime,
            };
            db.Invitations.Add(invitation);
            audit.Add(AuditAction.MemberInvited, actorId, projectId, $"{invitation.Id}",
                new Dictionary<string, object?> { ["role"] = role.Name(), ["email"] = invitation.Email });
            return (InvitationAnswer.Of(invitation), secret);
        }, ct);

    public async Task<InvitationList> ListAsync(Guid projectId, Paging<Guid> paging, CancellationToken ct)
    {
        var after = paging.After ?? Guid.Empty;
        var rows = await Open(projectId).AsNoTracking().Where(i => i.Id > after)
            .OrderBy(i => i.Id).Take(paging.Limit + 1).ToListAsync(ct);
        var (page, next) = paging.Cut(rows, i => i.Id.ToString("D"));
        return new InvitationList([.. page.Select(InvitationAnswer.Of)], next);
    }

    /// <exception cref="ProblemException">404 <c>invitation_not_found</c>.</exception>
    public async Task WithdrawAsync(Guid projectId, Guid actorId, Guid invitationId, CancellationToken ct) =>
        await db.InTransactionAsync(async token =>
        {
            await rights.RequireLockedAsync(projectId, actorId, ProjectAction.ManageMembers, token);
            if (await Open(projectId).Where(i => i.Id == invitationId).ExecuteDeleteAsync(token) == 0)
                throw new ProblemException(404, "invitation_not_found", "This project has no such invitation, or it was used.");
            audit.Add(AuditAction.InvitationWithdrawn, actorId, projectId, $"{invitationId}");
            return true;
        }, ct);

    /// <exception cref="ProblemException">As <see cref="UseAsync"/>.</exception>
    public async Task<JoinedAnswer> AcceptAsync(string secret, Guid userId, CancellationToken ct)
    {
        var joined = await db.InTransactionAsync(async token =>
        {
            var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, token)
                ?? throw new ProblemException(401, "unauthorized", "This account is gone.");
            return await UseAsync(secret, user, token);
        }, ct);
        await announcements.ChangedAsync(joined.ProjectId);
        return joined;
    }

    /// <summary>Whether such an invitation is open; what becomes of it is decided under the project's lock.</summary>
    public Task<bool> IsOpenAsync(string secret, CancellationToken ct)
    {
        var hash = RefreshToken.HashOf(secret);
        var now = time.GetStoredNow();
        return db.Invitations.AnyAsync(i => i.Hash == hash && i.UsedAt == null && i.ExpiresAt > now, ct);
    }

    /// <summary>Makes the user a member, in the unit of work at hand.</summary>
    /// <exception cref="ProblemException">
    /// 404 <c>invitation_not_found</c>: unknown, used, withdrawn or expired; 403 <c>invitation_for_another</c>; 409 <c>already_member</c>.
    /// </exception>
    internal async Task<JoinedAnswer> UseAsync(string secret, User user, CancellationToken ct)
    {
        var hash = RefreshToken.HashOf(secret);
        var projectId = await db.Invitations.Where(i => i.Hash == hash).Select(i => (Guid?)i.ProjectId).SingleOrDefaultAsync(ct);
        // TRICKY: the project first, then the invitation. Of two uses at once the second waits here, and then reads it used.
        var project = projectId is null ? null : (await db.Projects
            .FromSql($"SELECT * FROM projects WHERE id = {projectId} AND deleted_at IS NULL FOR UPDATE").ToListAsync(ct)).SingleOrDefault();
        var now = time.GetStoredNow();
        var invitation = project is null
            ? null
            : await db.Invitations.SingleOrDefaultAsync(i => i.Hash == hash && i.UsedAt == null && i.ExpiresAt > now, ct);
        if (project is null || invitation is null)
            throw NotFound();
        if (invitation.Email is { } email && email != user.EmailNormalized)
            throw new ProblemException(403, "invitation_for_another", "This invitation is for another address.");

        await members.JoinAsync(project.Id, user.Id, invitation.Role, ct);
        invitation.UsedAt = now;
        audit.Add(AuditAction.InvitationAccepted, user.Id, project.Id, $"{invitation.Id}",
            new Dictionary<string, object?> { ["role"] = invitation.Role.Name(), ["invited_by"] = invitation.InvitedBy });
        return new JoinedAnswer(project.Id, project.Name, invitation.Role);
    }

    internal static ProblemException NotFound() =>
        new(404, "invitation_not_found", "There is no such invitation: it was used, withdrawn or has expired.");

    private IQueryable<Invitation> Open(Guid projectId)
    {
        var now = time.GetStoredNow();
        return db.Invitations.Where(i => i.ProjectId == projectId && i.UsedAt == null && i.ExpiresAt > now);
    }
}
