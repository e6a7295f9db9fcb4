using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Projects;

/// <summary>What can be done with a project; each needs a row in <see cref="ProjectRights.Table"/>.</summary>
public enum ProjectAction
{
    View,
    Edit,
    ManageKeys,

    /// <summary>Members and invitations, except for owners.</summary>
    ManageMembers,

    /// <summary>Making someone an owner, or taking it from them.</summary>
    ManageOwners,
    ViewAudit,
    Delete,
}

/// <summary>
/// The one place that decides who may do what with a project. To a stranger the project does not exist
/// (404 <c>project_not_found</c>); a member without the right is told so (403 <c>forbidden</c>).
/// </summary>
public sealed class ProjectRights(IdentityDb db)
{
    public static FrozenDictionary<ProjectAction, FrozenSet<ProjectRole>> Table { get; } =
        new Dictionary<ProjectAction, FrozenSet<ProjectRole>>
        {
            [ProjectAction.View] = [ProjectRole.Owner, ProjectRole.Admin, ProjectRole.Analyst, ProjectRole.Viewer],
            [ProjectAction.Edit] = [ProjectRole.Owner, ProjectRole.Admin],
            [ProjectAction.ManageKeys] = [ProjectRole.Owner, ProjectRole.Admin],
            [ProjectAction.ManageMembers] = [ProjectRole.Owner, ProjectRole.Admin],
            [ProjectAction.ManageOwners] = [ProjectRole.Owner],
            [ProjectAction.ViewAudit] = [ProjectRole.Owner, ProjectRole.Admin],
            [ProjectAction.Delete] = [ProjectRole.Owner],
        }.ToFrozenDictionary();

    public static bool Allows(ProjectRole role, ProjectAction action) => Table[action].Contains(role);

    /// <summary>The project, for reading.</summary>
    /// <exception cref="ProblemException">404 or 403, as above.</exception>
    public async Task<Project> RequireAsync(Guid projectId, Guid userId, ProjectAction action, CancellationToken ct)
    {
        var project = await db.Projects.AsNoTracking()
            .SingleOrDefaultAsync(p => p.Id == projectId && p.DeletedAt == null, ct);
        return await CheckAsync(project, userId, action, ct);
    }

    /// <summary>The project, its row locked until the transaction ends, so that changes come one after the other.</summary>
    /// <exception cref="ProblemException">404 or 403, as above.</exception>
    public async Task<Project> RequireLockedAsync(Guid projectId, Guid userId, ProjectAction action, CancellationToken ct)
    {
        var locked = await db.Projects
            .FromSql($"SELECT * FROM projects WHERE id = {projectId} AND deleted_at IS NULL FOR UPDATE")
            .ToListAsync(ct);
        return await CheckAsync(locked.SingleOrDefault(), userId, action, ct);
    }

    private async Task<Project> CheckAsync(Project? project, Guid userId, ProjectAction action, CancellationToken ct)
    {
        var role = project is null
            ? null
            : await db.Members.Where(m => m.ProjectId == project.Id && m.UserId == userId)
                .Select(m => (ProjectRole?)m.Role).SingleOrDefaultAsync(ct);
        if (project is null || role is null)
            throw new ProblemException(404, "project_not_found", "There is no such project.");
        if (!Allows(role.Value, action))
            throw new ProblemException(403, "forbidden", "Your role in this project does not allow this.");
        return project;
    }
}
