using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Audit;

internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/projects/{id:guid}/audit", List).WithTags("Projects").RequireAuthorization(Policies.User)
            .RequireScope(TokenScopes.Admin).WithSummary("Who did what, when, from where; youngest first")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);

    internal static async Task<Results<Ok<AuditPage>, ProblemHttpResult>> List(
        Guid id, ClaimsPrincipal user, ProjectRights rights, IdentityDb db, CancellationToken ct,
        int? limit = null, string? cursor = null)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.ViewAudit, ct);
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, ProjectReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        var entries = db.AuditEntries.Where(e => e.ProjectId == id);
        if (paging.After is { } before)
            entries = entries.Where(e => e.Id < before);
        var rows = await (
            from entry in entries.OrderByDescending(e => e.Id).Take(paging.Limit + 1)
            join actor in db.Users on entry.ActorId equals actor.Id into actors
            from actor in actors.DefaultIfEmpty()
            orderby entry.Id descending
            select new { Entry = entry, actor.Email }).AsNoTracking().ToListAsync(ct);
        var (page, next) = paging.Cut(rows, row => row.Entry.Id.ToString("D"));
        return TypedResults.Ok(new AuditPage([.. page.Select(row => Describe(row.Entry, row.Email))], next));
    }

    private static AuditEntryAnswer Describe(AuditEntry entry, string? email) => new(
        entry.Id, entry.At, entry.ActorId, email, entry.Action, entry.Target, entry.Address,
        entry.Details is null ? null : JsonSerializer.Deserialize<JsonElement>(entry.Details));
}
