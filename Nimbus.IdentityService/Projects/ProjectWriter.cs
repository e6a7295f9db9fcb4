using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.Projects;

/// <summary>Making, changing and deleting projects.</summary>
public sealed class ProjectWriter(
    IdentityDb db, ProjectRights rights, ProjectReader reader, KeyMaker keys, KeyReader keyReader, KeyEndings endings,
    ProjectAnnouncements announcements, AuditLog audit, TimeProvider time)
{
    /// <summary>A project with a secret key and a write key, owned by who makes it.</summary>
    public async Task<ProjectWithSecret> CreateAsync(
        Guid userId, string name, string? description, string timeZone, CancellationToken ct)
    {
        return await db.InTransactionAsync(async token =>
        {
            var now = time.GetStoredNow();
            var project = new Project
            {
                Id = Guid.CreateVersion7(now),
                Name = name,
                Description = description,
                TimeZone = timeZone,
                CreatedAt = now,
            };
            db.Projects.Add(project);
            db.Members.Add(new Member { ProjectId = project.Id, UserId = userId, Role = ProjectRole.Owner, CreatedAt = now });
            var (secretKey, secret) = keys.NewSecretKey(project.Id, name: null, primary: true);
            db.ApiKeys.AddRange(secretKey, keys.NewWriteKey(project.Id, name: null, allowedOrigins: null, primary: true));
            audit.Add(AuditAction.ProjectCreated, userId, project.Id, $"{project.Id}");
            await db.SaveChangesAsync(token);
            return new ProjectWithSecret(await reader.DescribeAsync(project.Id, token), secret);
        }, ct);
    }

    public async Task<ProjectAnswer> ChangeAsync(Guid projectId, Guid userId, ProjectChange change, CancellationToken ct)
    {
        var answer = await db.InTransactionAsync(async token =>
        {
            var project = await rights.RequireLockedAsync(projectId, userId, ProjectAction.Edit, token);
            project.Name = change.Name ?? project.Name;
            project.Description = change.Description is { } description ? description.To : project.Description;
            project.TimeZone = change.TimeZone ?? project.TimeZone;
            project.RetentionDays = change.RetentionDays is { } days ? days.To : project.RetentionDays;
            project.Traffic = change.Traffic ?? project.Traffic;
            var changed = db.Entry(project).Properties.Where(p => p.IsModified)
                .Select(p => p.Metadata.GetColumnName()).ToList();
            if (changed.Count > 0)
            {
                audit.Add(AuditAction.ProjectChanged, userId, projectId, $"{projectId}",
                    new Dictionary<string, object?> { ["fields"] = changed });
                await db.SaveChangesAsync(token);
            }
            return await reader.DescribeAsync(projectId, token);
        }, ct);
        await announcements.ChangedAsync(projectId);
        return answer;
    }

    /// <summary>From the commit on, the project is in no answer and its keys are dead.</summary>
    public async Task DeleteAsync(Guid projectId, Guid userId, CancellationToken ct)
    {
        await endings.InTransactionAsync(async (end, token) =>
        {
            var project = await rights.RequireLockedAsync(projectId, userId, ProjectAction.Delete, token);
            var now = time.GetStoredNow();
            project.DeletedAt = now;
            foreach (var key in await keyReader.Live(projectId).ToListAsync(token))
                end(key, now);
            audit.Add(AuditAction.ProjectDeleted, userId, projectId, $"{projectId}");
            return true;
        }, ct);
        await announcements.ChangedAsync(projectId);
    }
}
