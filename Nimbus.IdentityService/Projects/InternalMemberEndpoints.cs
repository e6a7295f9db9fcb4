using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Projects;

/// <summary>What the other services ask about members. Needs a service's token, and the gateway does not route it.</summary>
internal static class InternalMemberEndpoints
{
    public static void MapInternalMembers(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/projects/{projectId:guid}/members/{userId:guid}", Find)
            .RequireAuthorization(Policies.Service).ExcludeFromDescription();

    internal static async Task<Results<Ok<InternalMember>, ProblemHttpResult>> Find(
        Guid projectId, Guid userId, IdentityDb db, CancellationToken ct)
    {
        var found = await (
            from member in db.Members
            join project in db.Projects on member.ProjectId equals project.Id
            where member.ProjectId == projectId && member.UserId == userId && project.DeletedAt == null
            select new InternalMember(project.Id, member.Role, project.TimeZone)).SingleOrDefaultAsync(ct);
        return found is null
            ? Problem.Of(404, "project_not_found", "There is no such project, or the user is no member of it.")
            : TypedResults.Ok(found);
    }
}

/// <summary>A user's role in a project, and the zone its answers are in.</summary>
internal sealed record InternalMember(Guid ProjectId, ProjectRole Role, string TimeZone);
