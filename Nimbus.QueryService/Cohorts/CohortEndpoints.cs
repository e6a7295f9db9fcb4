using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Saved;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Cohorts;

/// <summary>Sets of people: by what they did, by their traits, as a list, and of one another.</summary>
public static class CohortEndpoints
{
    public static IServiceCollection AddCohorts(this IServiceCollection services) =>
        services.AddSingleton<CohortTable>().AddSingleton<CohortPeople>();

    public static void MapCohorts(this IEndpointRouteBuilder routes)
    {
        var cohorts = routes.MapSaved("/v1/cohorts").WithTags("Cohorts");
        cohorts.MapGet("", ListCohorts).WithDescription("The cohorts of a project, the latest first.");
        cohorts.MapPost("", AddCohort).Accepts<CohortDocument>("application/json")
            .WithDescription("Saves a cohort: a definition of who is in it, or a list.");
        cohorts.MapGet("/{id:guid}", GetCohort).WithDescription("A cohort and how many people are in it now.");
        cohorts.MapPatch("/{id:guid}", ChangeCohort).Accepts<CohortDocument>("application/json")
            .WithDescription("Changes what the body gives.");
        cohorts.MapDelete("/{id:guid}", DeleteCohort).WithDescription("Deletes a cohort that no other is made of.");
        cohorts.MapPost("/{id:guid}/members", AddMembers).WithMetadata(new ReadsBody())
            .Accepts<CohortMembersDocument>("application/json", "text/csv")
            .WithDescription("Puts people on a list, by ids of either kind, or by a CSV whose first column has distinct ids.");
        cohorts.MapPost("/{id:guid}/members/remove", RemoveMembers).WithMetadata(new ReadsBody())
            .Accepts<CohortMembersDocument>("application/json", "text/csv")
            .WithDescription("Takes people off a list.");
    }

    internal static async Task<Results<Ok<CohortsResult>, ProblemHttpResult>> ListCohorts(
        [AsParameters] SavedListParameters asked, HttpContext http, CohortTable cohorts, CancellationToken ct)
    {
        var read = new QueryParameters();
        var (limit, before) = asked.Page(read);
        if (read.Problem is { } problem) return problem;
        var (page, next) = SavedListParameters.Cut(await cohorts.ListAsync(http.Project().ProjectId, limit + 1, before, ct), limit);
        return TypedResults.Ok(new CohortsResult([.. page.Select(row => CohortResult.Of(row))], next));
    }

    internal static async Task<Results<Created<CohortResult>, ProblemHttpResult>> AddCohort(
        HttpContext http, CohortTable cohorts, CohortPeople people, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var content = Content(document, isNew: true);
        if (document.Problem is { } problem) return problem;
        await people.CheckAsync(document, ct);
        var row = await cohorts.AddAsync(document.Project.ProjectId, http.User.UserId(), content, ct);
        return TypedResults.Created($"/v1/cohorts/{row.Id}", CohortResult.Of(row));
    }

    internal static async Task<Results<Ok<CohortResult>, ProblemHttpResult>> GetCohort(
        [AsParameters] SavedParameters asked, HttpContext http, CohortTable cohorts, CohortPeople people, CancellationToken ct)
    {
        var project = http.Project().ProjectId;
        if (await cohorts.FindAsync(project, asked.Id, ct) is not { } row) return NotFound();
        return TypedResults.Ok(CohortResult.Of(row, await people.SizeAsync(project, asked.Id, ct)));
    }

    internal static async Task<Results<Ok<CohortResult>, ProblemHttpResult>> ChangeCohort(
        Guid id, HttpContext http, CohortTable cohorts, CohortPeople people, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var content = Content(document, isNew: false);
        if (document.Problem is { } problem) return problem;
        var project = document.Project.ProjectId;
        if (await cohorts.FindAsync(project, id, ct) is not { } known) return NotFound();
        if (content.Document is not null && CohortTable.IsList(known))
            return Problem.Invalid(new Dictionary<string, string[]> { ["definition"] = ["a list has none"] });
        await people.CheckAsync(document, ct);
        return await cohorts.ChangeAsync(project, id, content, ct) is { } row ? TypedResults.Ok(CohortResult.Of(row)) : NotFound();
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> DeleteCohort(
        [AsParameters] SavedParameters asked, HttpContext http, CohortTable cohorts, CancellationToken ct) =>
        await cohorts.DeleteAsync(http.Project().ProjectId, asked.Id, ct) ? TypedResults.NoContent() : NotFound();

    internal static Task<Results<Ok<CohortMembersResult>, ProblemHttpResult>> AddMembers(
        [AsParameters] SavedParameters asked, HttpContext http, CohortTable cohorts, CohortPeople people, IOptions<SavedOptions> options,
        CancellationToken ct) =>
        ChangeMembersAsync(asked.Id, http, cohorts, people, options.Value, adds: true, ct);

    internal static Task<Results<Ok<CohortMembersResult>, ProblemHttpResult>> RemoveMembers(
        [AsParameters] SavedParameters asked, HttpContext http, CohortTable cohorts, CohortPeople people, IOptions<SavedOptions> options,
        CancellationToken ct) =>
        ChangeMembersAsync(asked.Id, http, cohorts, people, options.Value, adds: false, ct);

    private static async Task<Results<Ok<CohortMembersResult>, ProblemHttpResult>> ChangeMembersAsync(
        Guid id, HttpContext http, CohortTable cohorts, CohortPeople people, SavedOptions options, bool adds, CancellationToken ct)
    {
        var project = http.Project().ProjectId;
        if (await cohorts.FindAsync(project, id, ct) is not { } cohort) return NotFound();
        if (!CohortTable.IsList(cohort))
            return Problem.Of(400, "cohort_is_no_list", "Who is in this cohort follows from its definition.");
        var members = await CohortMembers.ReadAsync(http.Request, options.MaxListBytes, ct);
        var unknown = await cohorts.ChangeMembersAsync(project, id, members.DistinctIds, members.PersonIds, adds, ct);
        return TypedResults.Ok(new CohortMembersResult(unknown, await people.SizeAsync(project, id, ct)));
    }

    private static SavedContent Content(QueryDocument document, bool isNew)
    {
        var isList = document.Flag(document.Root, "list");
        string? json = null;
        if (QueryDocument.Has(document.Root, "definition"))
        {
            if (isList) document.Fault("definition", "a list has none");
            CohortRule.Read(document);
            // With its zone: what a date means must not change with the project's.
            json = JsonSerializer.Serialize(new Dictionary<string, JsonElement>
            {
                ["tz"] = JsonSerializer.SerializeToElement(document.Calendar.Zone.Id),
                ["definition"] = document.Root.GetProperty("definition"),
            });
        }
        else if (isNew)
        {
            if (!isList) document.Fault("definition", "is required, unless list is true");
            json = CohortTable.ListDocument;
        }
        return document.Content(isNew, json);
    }

    private static ProblemHttpResult NotFound() => Problem.Of(404, "cohort_not_found", "There is no such cohort in this project.");
}
