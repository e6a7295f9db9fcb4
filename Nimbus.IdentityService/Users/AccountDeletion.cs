using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.PersonalTokens;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Tokens;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Users;

/// <summary>
/// An account goes with its sessions, tokens and memberships. Its id stays in audit logs, without an address to it. Projects
/// keep an owner: who is the only one hands over or deletes them first.
/// </summary>
public sealed class AccountDeletion(
    IdentityDb db, Sessions sessions, TokenDrawer tokens, SessionAnnouncements announcements, ProjectAnnouncements projectAnnouncements,
    AuditLog audit)
{
    /// <exception cref="ProblemException">409 <c>last_owner</c>; 503 <c>redis_unavailable</c>: nothing was changed.</exception>
    public async Task DeleteAsync(Guid userId, CancellationToken ct)
    {
        var left = await db.InTransactionAsync(async token =>
        {
            // In one order, so that two accounts that go at once do not wait for each other.
            var projects = await db.Projects.FromSql($"""
                SELECT p.* FROM projects p JOIN members m ON m.project_id = p.id
                WHERE m.user_id = {userId} AND p.deleted_at IS NULL ORDER BY p.id FOR UPDATE OF p
                """).AsNoTracking().ToListAsync(token);
            foreach (var project in projects)
            {
                var owners = await db.Members.Where(m => m.ProjectId == project.Id && m.Role == ProjectRole.Owner)
                    .Select(m => m.UserId).ToListAsync(token);
                if (owners is [var only] && only == userId)
                    throw new ProblemException(409, "last_owner",
                        $"You are the only owner of {project.Name}: make someone else one, or delete the project.");
                audit.Add(AuditAction.MemberLeft, userId, project.Id, $"{userId}");
            }

            var ended = await sessions.RevokeOthersAsync(userId, keep: Guid.Empty, RevocationReason.AccountDeleted, token);
            ended.AddRange(await tokens.DeleteAllAsync(userId, token));
            // Before the commit: afterwards no row would remember that they are to be announced.
            if (!(await Task.WhenAll(ended.Select(announcements.TryRevokedAsync))).All(announced => announced))
                throw new ProblemException(503, "redis_unavailable",
                    "Sessions cannot be ended on every node just now, so nothing was changed. Try again in a moment.");
            audit.Add(AuditAction.UserDeleted, userId, target: $"{userId}");
            await db.SaveChangesAsync(token);
            await db.Users.Where(u => u.Id == userId).ExecuteDeleteAsync(token);
            return projects;
        }, ct);
        foreach (var project in left)
            await projectAnnouncements.ChangedAsync(project.Id);
    }
}
