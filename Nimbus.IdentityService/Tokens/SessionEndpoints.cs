using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Tokens;

internal static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/v1/auth/sessions").WithTags("Accounts").RequireAuthorization(Policies.User).RequireSession()
            .ProducesProblem(401).ProducesProblem(403);
        sessions.MapGet("", List).WithSummary("Where you are signed in").ProducesProblem(400);
        sessions.MapDelete("/{session_id:guid}", End)
            .WithSummary("End one of your sessions, on every node").ProducesProblem(404).ProducesProblem(503);
    }

    internal static async Task<Results<Ok<SessionList>, ProblemHttpResult>> List(
        ClaimsPrincipal user, Sessions sessions, CancellationToken ct, int? limit = null, string? cursor = null)
    {
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, ProjectReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await sessions.ListAsync(user.UserId(), user.SessionId(), paging, ct));
    }

    internal static async Task<NoContent> End(
        [FromRoute(Name = "session_id")] Guid sessionId, ClaimsPrincipal user, Sessions sessions, CancellationToken ct)
    {
        await sessions.EndOwnAsync(user.UserId(), sessionId, ct);
        return TypedResults.NoContent();
    }
}
