using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.People;

/// <summary>Whether who calls may do this in the project that the request names (docs/security.md#who-may-do-what).</summary>
internal sealed class ProjectRole(ProjectAccess projects)
{
    /// <summary>Null for any member of the project, else the answer.</summary>
    public Task<ProblemHttpResult?> RefusalToReadAsync(HttpContext http, string? projectId, CancellationToken ct) =>
        RefusalAsync(http, projectId, _ => true, ct);

    /// <summary>Null for whom changes of people are: analysts and up.</summary>
    public Task<ProblemHttpResult?> RefusalToChangeAsync(HttpContext http, string? projectId, CancellationToken ct) =>
        RefusalAsync(http, projectId, member => member.Administers || member.Role == "analyst", ct);

    /// <summary>Null for whom erasures are: owners and admins.</summary>
    public Task<ProblemHttpResult?> RefusalToEraseAsync(HttpContext http, string? projectId, CancellationToken ct) =>
        RefusalAsync(http, projectId, member => member.Administers, ct);

    private async Task<ProblemHttpResult?> RefusalAsync(
        HttpContext http, string? projectId, Func<ProjectMember, bool> may, CancellationToken ct)
    {
        if (!Guid.TryParse(projectId, out var id))
            return Problem.Invalid(new Dictionary<string, string[]> { ["project_id"] = ["must be the id of a project"] });
        if (await projects.FindAsync(id, http.User.UserId(), ct) is not { } member)
            return Problem.Of(404, "project_not_found", "There is no such project, or you are not a member of it.");
        return may(member) ? null : Problem.Of(403, "forbidden", "Your role in this project does not allow this.");
    }
}
