using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Members;

internal static class MemberEndpoints
{
    public static RouteGroupBuilder MapMembers(this IEndpointRouteBuilder routes)
    {
        var members = routes.MapGroup("/v1/projects/{id:guid}/members").WithTags("Members").RequireAuthorization(Policies.User)
            .RequireScope(TokenScopes.Admin).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        members.MapGet("", List).WithSummary("Who is in the project, and as what").ProducesProblem(400);
        members.MapPost("", Add).WithSummary("Add someone who has an account").ProducesProblem(400).ProducesProblem(409);
        members.MapPatch("/{user_id:guid}", Change).WithSummary("Change a member's role").ProducesProblem(400).ProducesProblem(409);
        members.MapDelete("/{user_id:guid}", Remove).WithSummary("Take a member out, or leave").ProducesProblem(409);
        return members;
    }

    internal static async Task<Results<Ok<MemberList>, ProblemHttpResult>> List(
        Guid id, ClaimsPrincipal user, ProjectRights rights, MemberReader members, CancellationToken ct,
        int? limit = null, string? cursor = null)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.ManageMembers, ct);
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, ProjectReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await members.ListAsync(id, paging, ct));
    }

    internal static async Task<Results<Created<MemberAnswer>, ProblemHttpResult>> Add(
        Guid id, AddMemberRequest request, ClaimsPrincipal user, ProjectRights rights, MemberWriter members, CancellationToken ct)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.ManageMembers, ct);
        var errors = new FieldErrors();
        var email = errors.RequiredLine("email", request.Email, EmailAddress.MaxLength);
        var role = Roles.Read(errors, request.Role);
        if (errors.Problem is { } problem)
            return problem;

        var added = await members.AddAsync(id, user.UserId(), email, role, ct);
        return TypedResults.Created($"/v1/projects/{id}/members/{added.UserId}", added);
    }

    internal static async Task<Results<Ok<MemberAnswer>, ProblemHttpResult>> Change(
        Guid id, [FromRoute(Name = "user_id")] Guid userId, ChangeMemberRequest request, ClaimsPrincipal user,
        ProjectRights rights, MemberWriter members, CancellationToken ct)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.ManageMembers, ct);
        var errors = new FieldErrors();
        var role = Roles.Read(errors, request.Role);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await members.ChangeAsync(id, user.UserId(), userId, role, ct));
    }

    internal static async Task<NoContent> Remove(
        Guid id, [FromRoute(Name = "user_id")] Guid userId, ClaimsPrincipal user, MemberWriter members, CancellationToken ct)
    {
        await members.RemoveAsync(id, user.UserId(), userId, ct);
        return TypedResults.NoContent();
    }
}
