using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.IdentityService.Requests;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Projects;

internal static class ProjectEndpoints
{
    private const int MaxNameLength = 200;
    private const int MaxDescriptionLength = 2000;
    private const int MaxRetentionDays = 3650;

    public static RouteGroupBuilder MapProjects(this IEndpointRouteBuilder routes)
    {
        var projects = routes.MapGroup("/v1/projects").WithTags("Projects").RequireAuthorization(Policies.User)
            .ProducesProblem(401);
        projects.MapPost("", Create)
            .WithSummary("Make a project; the secret is shown only here and at rotation").ProducesProblem(400);
        projects.MapGet("", List)
            .WithSummary("The projects you are a member of").ProducesProblem(400);
        projects.MapGet("/deleted", ListDeleted)
            .WithSummary("Projects that you owned and that are deleted, and whether their events are gone yet").ProducesProblem(400);
        projects.MapGet("/{id:guid}", Get)
            .WithSummary("One project").ProducesProblem(404);
        projects.MapPatch("/{id:guid}", Change)
            .WithSummary("Change name, description, time zone, retention or what is kept of browsers").ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);
        projects.MapDelete("/{id:guid}", Delete).RequireScope(TokenScopes.Admin)
            .WithSummary("Delete the project, its keys and its events").ProducesProblem(403).ProducesProblem(404).ProducesProblem(503);
        return projects;
    }

    internal static async Task<Results<Created<ProjectWithSecret>, ProblemHttpResult>> Create(
        CreateProjectRequest request, ClaimsPrincipal user, ProjectWriter projects, CancellationToken ct)
    {
        var errors = new FieldErrors();
        var name = errors.RequiredLine("name", request.Name, MaxNameLength);
        var description = errors.OptionalText("description", request.Description, MaxDescriptionLength);
        var timeZone = request.TimeZone is null ? "UTC" : RequiredZone(errors, request.TimeZone);
        if (errors.Problem is { } problem)
            return problem;

        var created = await projects.CreateAsync(user.UserId(), name, description, timeZone, ct);
        return TypedResults.Created($"/v1/projects/{created.Project.Id}", created);
    }

    internal static async Task<Results<Ok<ProjectList>, ProblemHttpResult>> List(
        ClaimsPrincipal user, ProjectReader projects, CancellationToken ct, int? limit = null, string? cursor = null)
    {
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, ProjectReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await projects.ListAsync(user.UserId(), paging, ct));
    }

    internal static async Task<Results<Ok<DeletedProjectList>, ProblemHttpResult>> ListDeleted(
        ClaimsPrincipal user, ProjectReader projects, CancellationToken ct, int? limit = null, string? cursor = null)
    {
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, ProjectReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await projects.ListDeletedAsync(user.UserId(), paging, ct));
    }

    internal static async Task<Ok<ProjectAnswer>> Get(
        Guid id, ClaimsPrincipal user, ProjectRights rights, ProjectReader projects, CancellationToken ct)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.View, ct);
        return TypedResults.Ok(await projects.DescribeAsync(id, ct));
    }

    internal static async Task<Results<Ok<ProjectAnswer>, ProblemHttpResult>> Change(
        Guid id, ChangeProjectRequest request, ClaimsPrincipal user, ProjectWriter projects, CancellationToken ct)
    {
        var errors = new FieldErrors();
        var name = request.Name is null ? null : errors.RequiredLine("name", request.Name, MaxNameLength);
        var description = errors.OptionalText("description", request.Description, MaxDescriptionLength);
        var timeZone = request.TimeZone is null ? null : RequiredZone(errors, request.TimeZone);
        if (request.RetentionDays is < 1 or > MaxRetentionDays)
            errors.Add("retention_days", $"must be 1 to {MaxRetentionDays}, or null to keep events for ever");
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await projects.ChangeAsync(id, user.UserId(), new ProjectChange(
            name,
            request.HasDescription ? new Change<string?>(description) : null,
            timeZone,
            request.HasRetentionDays ? new Change<int?>(request.RetentionDays) : null,
            request.Traffic), ct));
    }

    internal static async Task<NoContent> Delete(
        Guid id, ClaimsPrincipal user, ProjectWriter projects, CancellationToken ct)
    {
        await projects.DeleteAsync(id, user.UserId(), ct);
        return TypedResults.NoContent();
    }

    private static string RequiredZone(FieldErrors errors, string timeZone)
    {
        if (!TimeZones.Exists(timeZone))
            errors.Add("time_zone", "is not an IANA time zone, such as Europe/Berlin");
        return timeZone;
    }
}
