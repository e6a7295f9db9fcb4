using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Members;

/// <summary>
/// Who is in a project and as what, one change after the other under the project's lock. Only owners make, change or remove
/// owners, and no project is left without one.
/// </summary>
public sealed class MemberWriter(
    IdentityDb db, ProjectRights rights, MemberReader reader, ProjectAnnouncements announcements, AuditLog audit, TimeProvider time)
{
    /// <exception cref="ProblemException">404 <c>user_not_found</c>; 409 <c>already_member</c>.</exception>
    public async Task<MemberAnswer> AddAsync(Guid projectId, Guid actorId, string email, ProjectRole role, CancellationToken ct)
    {
        var normalized = EmailAddress.Normalize(email);
        var added = await db.InTransactionAsync(async token =>
        {
            await RequireAsync(projectId, actorId, role, token);
            var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.EmailNormalized == normalized, token)
                ?? throw new ProblemException(404, "user_not_found", "There is no account with this address. Send an invitation instead.");
            await JoinAsync(projectId, user.Id, role, token);
            audit.Add(AuditAction.MemberAdded, actorId, projectId, $"{user.Id}", WithRole(role));
            await db.SaveChangesAsync(token);
            return await reader.DescribeAsync(projectId, user.Id, token);
        }, ct);
        await announcements.ChangedAsync(projectId);
        return added;
    }

    /// <exception cref="ProblemException">404 <c>member_not_found</c>; 409 <c>last_owner</c>.</exception>
    public async Task<MemberAnswer> ChangeAsync(Guid projectId, Guid actorId, Guid userId, ProjectRole role, CancellationToken ct)
    {
        var changed = await db.InTransactionAsync(async token =>
        {
            await RequireAsync(projectId, actorId, role, token);
            var member = await FindAsync(projectId, userId, token);
            if (member.Role == ProjectRole.Owner && role != ProjectRole.Owner)
            {
                await rights.RequireAsync(projectId, actorId, ProjectAction.ManageOwners, token);
                await KeepAnOwnerAsync(projectId, userId, token);
            }
            if (member.Role != role)
            {
                audit.Add(AuditAction.MemberChanged, actorId, projectId, $"{userId}",
                    new Dictionary<string, object?> { ["from"] = member.Role.Name(), ["role"] = role.Name() });
                member.Role = role;
                await WithdrawInvitationsAsync(member, token);
                await db.SaveChangesAsync(token);
            }
            return await reader.DescribeAsync(projectId, userId, token);
        }, ct);
        await announcements.ChangedAsync(projectId);
        return changed;
    }

    /// <summary>Anyone may take themselves out.</summary>
    /// <exception cref="ProblemException">404 <c>member_not_found</c>; 409 <c>last_owner</c>.</exception>
    public async Task RemoveAsync(Guid projectId, Guid actorId, Guid userId, CancellationToken ct)
    {
        var leaves = actorId == userId;
        await db.InTransactionAsync(async token =>
        {
            await rights.RequireLockedAsync(projectId, actorId, leaves ? ProjectAction.View : ProjectAction.ManageMembers, token);
            var member = await FindAsync(projectId, userId, token);
            if (member.Role == ProjectRole.Owner)
            {
                await rights.RequireAsync(projectId, actorId, ProjectAction.ManageOwners, token);
                await KeepAnOwnerAsync(projectId, userId, token);
            }
            db.Members.Remove(member);
            await WithdrawInvitationsAsync(member, token);
            audit.Add(leaves ? AuditAction.MemberLeft : AuditAction.MemberRemoved, actorId, projectId, $"{userId}", WithRole(member.Role));
            return true;
        }, ct);
        await announcements.ChangedAsync(projectId);
    }

    /// <summary>Adds a member to the unit of work at hand, whose project is locked.</summary>
    /// <exception cref="ProblemException">409 <c>already_member</c>.</exception>
    internal async Task JoinAsync(Guid projectId, Guid userId, ProjectRole role, CancellationToken ct)
    {
        if (await db.Members.AnyAsync(m => m.ProjectId == projectId && m.UserId == userId, ct))
            throw new ProblemException(409, "already_member", "This account is a member already.");
        db.Members.Add(new Member { ProjectId = projectId, UserId = userId, Role = role, CreatedAt = time.GetStoredNow() });
    }

    /// <summary>The project locked, for who may give this role.</summary>
    internal async Task RequireAsync(Guid projectId, Guid actorId, ProjectRole role, CancellationToken ct)
    {
        await rights.RequireLockedAsync(projectId, actorId, ProjectAction.ManageMembers, ct);
        if (role == ProjectRole.Owner)
            await rights.RequireAsync(projectId, actorId, ProjectAction.ManageOwners, ct);
    }

    private async Task<Member> FindAsync(Guid projectId, Guid userId, CancellationToken ct) =>
        await db.Members.SingleOrDefaultAsync(m => m.ProjectId == projectId && m.UserId == userId, ct)
            ?? throw new ProblemException(404, "member_not_found", "This project has no such member.");

    private async Task KeepAnOwnerAsync(Guid projectId, Guid leaving, CancellationToken ct)
    {
        if (!await db.Members.AnyAsync(m => m.ProjectId == projectId && m.Role == ProjectRole.Owner && m.UserId != leaving, ct))
            throw new ProblemException(409, "last_owner", "A project has an owner: make someone else one first, or delete the project.");
    }

    /// <summary>What a member invited to, they can no longer stand for.</summary>
    private Task<int> WithdrawInvitationsAsync(Member member, CancellationToken ct) => db.Invitations
        .Where(i => i.ProjectId == member.ProjectId && i.InvitedBy == member.UserId && i.UsedAt == null)
        .ExecuteDeleteAsync(ct);

    private static Dictionary<string, object?> WithRole(ProjectRole role) => new() { ["role"] = role.Name() };
}
