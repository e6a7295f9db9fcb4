using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Projects;

/// <summary>
/// What the writer asks, to delete what is no longer to be kept. Needs a service's token, and the gateway does not route it.
/// </summary>
internal static class InternalProjectEndpoints
{
    public static void MapInternalProjects(this IEndpointRouteBuilder routes)
    {
        var projects = routes.MapGroup("/internal/projects").RequireAuthorization(Policies.Service).ExcludeFromDescription();
        projects.MapGet("/retention", Retention);
        projects.MapPost("/{projectId:guid}/erased", Erased);
    }

    internal static async Task<Ok<List<ProjectRetention>>> Retention(IdentityDb db, CancellationToken ct) =>
        TypedResults.Ok(await db.Projects.AsNoTracking()
            .Where(p => p.DeletedAt == null ? p.RetentionDays != null : p.ErasedAt == null)
            .OrderBy(p => p.Id)
            .Select(p => new ProjectRetention(p.Id, p.RetentionDays, p.DeletedAt))
            .ToListAsync(ct));

    internal static async Task<NoContent> Erased(Guid projectId, IdentityDb db, TimeProvider time, CancellationToken ct)
    {
        var now = time.GetStoredNow();
        await db.Projects.Where(p => p.Id == projectId && p.DeletedAt != null && p.ErasedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.ErasedAt, now), ct);
        return TypedResults.NoContent();
    }
}

/// <summary>A project that does not keep everything for ever.</summary>
/// <param name="RetentionDays">Null: only because it is deleted.</param>
/// <param name="DeletedAt">From then on, nothing of it is to be kept.</param>
internal sealed record ProjectRetention(Guid ProjectId, int? RetentionDays, DateTimeOffset? DeletedAt);
