using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Saved;

/// <summary>Questions that are kept, to be asked again.</summary>
public static class InsightEndpoints
{
    public static void MapSavedInsights(this IEndpointRouteBuilder routes)
    {
        var insights = routes.MapSaved("/v1/insights").WithTags("Insights");
        insights.MapGet("", ListInsights).WithDescription("The saved questions of a project, the latest first.");
        insights.MapPost("", AddInsight).Accepts<InsightContentDocument>("application/json").WithDescription("Saves a question.");
        insights.MapGet("/{id:guid}", GetInsight).WithDescription("A saved question.");
        insights.MapGet("/{id:guid}/answer", AnswerInsight).WithDescription("Asks a saved question: its answer as of now.");
        insights.MapPatch("/{id:guid}", ChangeInsight).Accepts<InsightContentDocument>("application/json").WithDescription("Changes what the body gives.");
        insights.MapDelete("/{id:guid}", DeleteInsight).WithDescription("Deletes a saved question; dashboards no longer show it.");
    }

    internal static async Task<Results<Ok<InsightsResult>, ProblemHttpResult>> ListInsights(
        [AsParameters] SavedListParameters asked, HttpContext http, SavedTable saved, CancellationToken ct)
    {
        var read = new QueryParameters();
        var (limit, before) = asked.Page(read);
        if (read.Problem is { } problem) return problem;
        var (page, next) = SavedListParameters.Cut(await saved.ListAsync(SavedKind.Insight, http.Project().ProjectId, limit + 1, before, ct), limit);
        return TypedResults.Ok(new InsightsResult([.. page.Select(SavedInsight.Of)], next));
    }

    internal static async Task<Results<Created<SavedInsight>, ProblemHttpResult>> AddInsight(
        HttpContext http, SavedTable saved, SavedAnswers answers, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var content = Content(document, answers, known: null);
        if (document.Problem is { } problem) return problem;
        var row = await saved.AddAsync(SavedKind.Insight, document.Project.ProjectId, http.User.UserId(), content, ct);
        return TypedResults.Created($"/v1/insights/{row.Id}", SavedInsight.Of(row));
    }

    internal static async Task<Results<Ok<SavedInsight>, ProblemHttpResult>> GetInsight(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, CancellationToken ct) =>
        await saved.FindAsync(SavedKind.Insight, http.Project().ProjectId, asked.Id, ct) is { } row ? TypedResults.Ok(SavedInsight.Of(row)) : NotFound();

    internal static async Task<Results<Ok<object>, ProblemHttpResult>> AnswerInsight(
        [AsParameters] SavedAnswerParameters asked, HttpContext http, SavedTable saved, SavedAnswers answers, CancellationToken ct)
    {
        if (await saved.FindAsync(SavedKind.Insight, http.Project().ProjectId, asked.Id, ct) is not { } row) return NotFound();
        var insight = SavedInsight.Of(row);
        var (answer, problem) = await answers.AskAsync(
            insight.Kind, insight.Query, http.Project(), asked.Range, Insights.WantsFresh(http.Request), ct);
        return problem is null ? TypedResults.Ok<object>(answer!) : problem;
    }

    internal static async Task<Results<Ok<SavedInsight>, ProblemHttpResult>> ChangeInsight(
        Guid id, HttpContext http, SavedTable saved, SavedAnswers answers, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var project = document.Project.ProjectId;
        if (await saved.FindAsync(SavedKind.Insight, project, id, ct) is not { } known) return NotFound();
        var content = Content(document, answers, SavedInsight.Of(known));
        if (document.Problem is { } problem) return problem;
        return await saved.ChangeAsync(SavedKind.Insight, project, id, content, ct) is { } row ? TypedResults.Ok(SavedInsight.Of(row)) : NotFound();
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> DeleteInsight(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, CancellationToken ct) =>
        await saved.DeleteAsync(SavedKind.Insight, http.Project().ProjectId, asked.Id, ct) ? TypedResults.NoContent() : NotFound();

    private static SavedContent Content(QueryDocument document, SavedAnswers answers, SavedInsight? known)
    {
        string? json = null;
        if (known is null || QueryDocument.Has(document.Root, "kind") || QueryDocument.Has(document.Root, "query"))
        {
            var kind = document.Text(document.Root, "", "kind", required: known is null) ?? known?.Kind ?? "";
            var query = QueryDocument.Field(document.Root, "query") ?? known?.Query ?? default;
            if (!SavedAnswers.Kinds.Contains(kind))
                document.Fault("kind", $"must be one of {string.Join(", ", SavedAnswers.Kinds)}");
            else if (query.ValueKind != JsonValueKind.Object)
                document.Fault("query", $"must be a document as POST /v1/insights/{kind} takes it");
            else
            {
                foreach (var (field, messages) in answers.Faults(kind, query, document.Project)) document.Fault($"query.{field}", messages[0]);
                json = JsonSerializer.Serialize(new SavedQuestion(kind, query), JsonConventions.Options);
            }
        }
        return document.Content(isNew: known is null, json);
    }

    private static ProblemHttpResult NotFound() => Problem.Of(404, "insight_not_found", "There is no such saved question in this project.");
}

/// <summary>What is kept of a question.</summary>
internal sealed record SavedQuestion(string Kind, JsonElement Query);

/// <summary>A page of saved questions, the latest first.</summary>
public sealed record InsightsResult(IReadOnlyList<SavedInsight> Insights, string? NextCursor);

/// <summary>A saved question.</summary>
/// <param name="Kind">Of <c>POST /v1/insights/KIND</c>.</param>
/// <param name="Query">The document that is posted there.</param>
public sealed record SavedInsight(
    Guid Id, string Name, string Description, string Kind, JsonElement Query, long Version, Guid CreatedBy,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime CreatedAt,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime UpdatedAt)
{
    internal static SavedInsight Of(SavedRow row)
    {
        var question = JsonSerializer.Deserialize<SavedQuestion>(row.Document, JsonConventions.Options)!;
        return new(row.Id, row.Name, row.Description, question.Kind, question.Query, row.Version, row.CreatedBy, row.CreatedAt, row.UpdatedAt);
    }
}

/// <summary>The path and query string of an answer to something saved, as written.</summary>
internal sealed record SavedAnswerParameters(
    [property: FromRoute(Name = "id"), Description("Its id.")]
    Guid Id,
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "from"), Description("Instead of the saved one: an RFC 3339 time, or a date in tz.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("Instead of the saved one.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("Instead of the saved one.")]
    string? Tz)
{
    public AskedRange Range => new(From, To, Tz);
}

/// <summary>The body of <c>POST</c> and <c>PATCH /v1/insights</c>, for the API's description.</summary>
internal sealed record InsightContentDocument
{
    [Description("May stand in the query instead.")]
    public Guid? ProjectId { get; init; }

    [Description("1 to 200 characters; required of a new one.")]
    public string? Name { get; init; }

    public string? Description { get; init; }

    [Description("trends, funnel, retention, paths, lifecycle, stickiness or sessions.")]
    public string? Kind { get; init; }

    [Description("The document that POST /v1/insights/KIND takes. last_days instead of from goes on with the time.")]
    public JsonElement? Query { get; init; }
}
