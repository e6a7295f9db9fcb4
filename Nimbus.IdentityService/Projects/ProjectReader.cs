using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.Projects;

/// <summary>Projects with their primary keys, as answers have them.</summary>
public sealed class ProjectReader(IdentityDb db)
{
    public Task<ProjectAnswer> DescribeAsync(Guid projectId, CancellationToken ct) =>
        Describe(db.Projects.Where(p => p.Id == projectId)).SingleAsync(ct);

    /// <summary>The user's projects; UUIDv7 sort by time of creation.</summary>
    public async Task<ProjectList> ListAsync(Guid userId, Paging<Guid> paging, CancellationToken ct)
    {
        var after = paging.After ?? Guid.Empty;
        var mine = db.Projects.Where(p =>
            p.DeletedAt == null && p.Id > after && db.Members.Any(m => m.ProjectId == p.Id && m.UserId == userId));
        var rows = await Describe(mine.OrderBy(p => p.Id).Take(paging.Limit + 1)).ToListAsync(ct);
        var (page, next) = paging.Cut(rows, p => p.Id.ToString("D"));
        return new ProjectList(page, next);
    }

    /// <summary>What the user owned and is deleted.</summary>
    public async Task<DeletedProjectList> ListDeletedAsync(Guid userId, Paging<Guid> paging, CancellationToken ct)
    {
        var after = paging.After ?? Guid.Empty;
        var rows = await db.Projects.AsNoTracking()
            .Where(p => p.DeletedAt != null && p.Id > after
                && db.Members.Any(m => m.ProjectId == p.Id && m.UserId == userId && m.Role == ProjectRole.Owner))
            .OrderBy(p => p.Id).Take(paging.Limit + 1)
            .Select(p => new DeletedProject(p.Id, p.Name, p.DeletedAt!.Value, p.ErasedAt))
            .ToListAsync(ct);
        var (page, next) = paging.Cut(rows, p => p.Id.ToString("D"));
        return new DeletedProjectList(page, next);
    }

    internal static Guid? ReadPosition(string text) => Guid.TryParseExact(text, "D", out var id) ? id : null;

    private IQueryable<ProjectAnswer> Describe(IQueryable<Project> projects) =>
        from project in projects.AsNoTracking()
        orderby project.Id
        select new ProjectAnswer(
            project.Id,
            project.Name,
            project.Description,
            project.TimeZone,
            project.RetentionDays,
            project.Traffic,
            db.ApiKeys.Where(k => k.ProjectId == project.Id && k.IsPrimary && k.Kind == KeyKind.Secret)
                .Select(k => k.Id).Single(),
            db.ApiKeys.Where(k => k.ProjectId == project.Id && k.IsPrimary && k.Kind == KeyKind.Write)
                .Select(k => k.WriteKey!).Single(),
            project.CreatedAt);
}
