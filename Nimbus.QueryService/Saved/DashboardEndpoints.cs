using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Saved;

/// <summary>Grids of saved questions.</summary>
public static class DashboardEndpoints
{
    public static void MapDashboards(this IEndpointRouteBuilder routes)
    {
        var dashboards = routes.MapSaved("/v1/dashboards").WithTags("Dashboards");
        dashboards.MapGet("", ListDashboards).WithDescription("The dashboards of a project, the latest first.");
        dashboards.MapPost("", AddDashboard).Accepts<DashboardDocument>("application/json").WithDescription("Makes a dashboard.");
        dashboards.MapGet("/{id:guid}", GetDashboard).WithDescription("A dashboard and where its questions stand.");
        dashboards.MapGet("/{id:guid}/answers", AnswerDashboard).WithDescription("A dashboard with the answers to its questions as of now.");
        dashboards.MapPatch("/{id:guid}", ChangeDashboard).Accepts<DashboardDocument>("application/json").WithDescription("Changes what the body gives.");
        dashboards.MapDelete("/{id:guid}", DeleteDashboard).WithDescription("Deletes a dashboard and its links, and no question.");
        dashboards.MapDashboardLinks();
    }

    internal static async Task<Results<Ok<DashboardsResult>, ProblemHttpResult>> ListDashboards(
        [AsParameters] SavedListParameters asked, HttpContext http, SavedTable saved, CancellationToken ct)
    {
        var read = new QueryParameters();
        var (limit, before) = asked.Page(read);
        if (read.Problem is { } problem) return problem;
        var (page, next) = SavedListParameters.Cut(await saved.ListAsync(SavedKind.Dashboard, http.Project().ProjectId, limit + 1, before, ct), limit);
        return TypedResults.Ok(new DashboardsResult([.. page.Select(DashboardResult.Of)], next));
    }

    internal static async Task<Results<Created<DashboardResult>, ProblemHttpResult>> AddDashboard(
        HttpContext http, SavedTable saved, DashboardReader reader, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var tiles = DashboardTile.Read(document) ?? [];
        var content = document.Content(isNew: true, DashboardTile.Json(tiles));
        await reader.CheckAsync(document, tiles, ct);
        if (document.Problem is { } problem) return problem;
        var row = await saved.AddAsync(SavedKind.Dashboard, document.Project.ProjectId, http.User.UserId(), content, ct);
        return TypedResults.Created($"/v1/dashboards/{row.Id}", DashboardResult.Of(row));
    }

    internal static async Task<Results<Ok<DashboardResult>, ProblemHttpResult>> GetDashboard(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, CancellationToken ct) =>
        await saved.FindAsync(SavedKind.Dashboard, http.Project().ProjectId, asked.Id, ct) is { } row ? TypedResults.Ok(DashboardResult.Of(row)) : NotFound();

    internal static async Task<Results<Ok<DashboardAnswers>, ProblemHttpResult>> AnswerDashboard(
        [AsParameters] SavedAnswerParameters asked, HttpContext http, SavedTable saved, DashboardReader reader, CancellationToken ct) =>
        await saved.FindAsync(SavedKind.Dashboard, http.Project().ProjectId, asked.Id, ct) is { } row
            ? TypedResults.Ok(await reader.ReadAsync(row, http.Project(), asked.Range, Insights.WantsFresh(http.Request), ct)) : NotFound();

    internal static async Task<Results<Ok<DashboardResult>, ProblemHttpResult>> ChangeDashboard(
        Guid id, HttpContext http, SavedTable saved, DashboardReader reader, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var tiles = DashboardTile.Read(document);
        var content = document.Content(isNew: false, tiles is null ? null : DashboardTile.Json(tiles));
        await reader.CheckAsync(document, tiles, ct);
        if (document.Problem is { } problem) return problem;
        return await saved.ChangeAsync(SavedKind.Dashboard, document.Project.ProjectId, id, content, ct) is { } row
            ? TypedResults.Ok(DashboardResult.Of(row)) : NotFound();
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> DeleteDashboard(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, CancellationToken ct) =>
        await saved.DeleteAsync(SavedKind.Dashboard, http.Project().ProjectId, asked.Id, ct, ("dashboard_links", "dashboard_id"))
            ? TypedResults.NoContent() : NotFound();

    internal static ProblemHttpResult NotFound() => Problem.Of(404, "dashboard_not_found", "There is no such dashboard in this project.");
}
