using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Saved;

/// <summary>Notes at a moment: a release, an outage, a campaign.</summary>
public static class AnnotationEndpoints
{
    private const int MaxText = 500;

    public static void MapAnnotations(this IEndpointRouteBuilder routes)
    {
        var annotations = routes.MapSaved("/v1/annotations").WithTags("Annotations");
        annotations.MapGet("", ListAnnotations).WithDescription("The annotations of a project or of a range, the latest written first.");
        annotations.MapPost("", AddAnnotation).Accepts<AnnotationDocument>("application/json").WithDescription("Makes a note at a moment.");
        annotations.MapGet("/{id:guid}", GetAnnotation).WithDescription("An annotation.");
        annotations.MapPatch("/{id:guid}", ChangeAnnotation).Accepts<AnnotationDocument>("application/json").WithDescription("Changes what the body gives.");
        annotations.MapDelete("/{id:guid}", DeleteAnnotation).WithDescription("Deletes an annotation.");
    }

    internal static async Task<Results<Ok<AnnotationsResult>, ProblemHttpResult>> ListAnnotations(
        [AsParameters] SavedListParameters asked, [AsParameters] AnnotationRange range, HttpContext http, SavedTable saved, CancellationToken ct)
    {
        var read = new QueryParameters();
        var (limit, before) = asked.Page(read);
        var (from, to) = read.Range(range.From, range.To, read.Calendar(range.Tz, http.Project().TimeZone));
        if (read.Problem is { } problem) return problem;
        var (page, next) = SavedListParameters.Cut(
            await saved.ListAsync(SavedKind.Annotation, http.Project().ProjectId, limit + 1, before, from?.ToDateTimeUtc(), to?.ToDateTimeUtc(), ct), limit);
        return TypedResults.Ok(new AnnotationsResult([.. page.Select(AnnotationResult.Of)], next));
    }

    internal static async Task<Results<Created<AnnotationResult>, ProblemHttpResult>> AddAnnotation(
        HttpContext http, SavedTable saved, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var content = Content(document, isNew: true);
        if (document.Problem is { } problem) return problem;
        var row = await saved.AddAsync(SavedKind.Annotation, document.Project.ProjectId, http.User.UserId(), content, ct);
        return TypedResults.Created($"/v1/annotations/{row.Id}", AnnotationResult.Of(row));
    }

    internal static async Task<Results<Ok<AnnotationResult>, ProblemHttpResult>> GetAnnotation(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, CancellationToken ct) =>
        await saved.FindAsync(SavedKind.Annotation, http.Project().ProjectId, asked.Id, ct) is { } row ? TypedResults.Ok(AnnotationResult.Of(row)) : NotFound();

    internal static async Task<Results<Ok<AnnotationResult>, ProblemHttpResult>> ChangeAnnotation(
        Guid id, HttpContext http, SavedTable saved, TimeProvider time, CancellationToken ct)
    {
        var document = http.SavedDocument(time);
        var content = Content(document, isNew: false);
        if (document.Problem is { } problem) return problem;
        return await saved.ChangeAsync(SavedKind.Annotation, document.Project.ProjectId, id, content, ct) is { } row
            ? TypedResults.Ok(AnnotationResult.Of(row)) : NotFound();
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> DeleteAnnotation(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, CancellationToken ct) =>
        await saved.DeleteAsync(SavedKind.Annotation, http.Project().ProjectId, asked.Id, ct) ? TypedResults.NoContent() : NotFound();

    private static SavedContent Content(QueryDocument document, bool isNew)
    {
        var at = document.Moment("at");
        if (at is null && isNew) document.Fault("at", "is required");
        var json = at is { } moment ? JsonSerializer.Serialize(new { at = moment.ToDateTimeUtc().ToString("o", CultureInfo.InvariantCulture) }) : null;
        return document.Content(isNew, json, "text", MaxText);
    }

    private static ProblemHttpResult NotFound() => Problem.Of(404, "annotation_not_found", "There is no such annotation in this project.");
}

/// <summary>A page of annotations, the latest written first.</summary>
public sealed record AnnotationsResult(IReadOnlyList<AnnotationResult> Annotations, string? NextCursor);

/// <summary>A note at a moment.</summary>
public sealed record AnnotationResult(
    Guid Id, string Text, string Description,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime At,
    long Version, Guid CreatedBy,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime CreatedAt,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime UpdatedAt)
{
    internal static AnnotationResult Of(SavedRow row)
    {
        using var document = JsonDocument.Parse(row.Document);
        return new(row.Id, row.Name, row.Description, document.RootElement.GetProperty("at").GetDateTime().ToUniversalTime(),
            row.Version, row.CreatedBy, row.CreatedAt, row.UpdatedAt);
    }
}

/// <summary>Of which time annotations are listed, as written.</summary>
internal sealed record AnnotationRange(
    [property: FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("Exclusive as a time, included as a date.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("IANA time zone that dates are read in; the project's by default.")]
    string? Tz);

/// <summary>The body of <c>POST</c> and <c>PATCH /v1/annotations</c>, for the API's description.</summary>
internal sealed record AnnotationDocument
{
    [Description("May stand in the query instead.")]
    public Guid? ProjectId { get; init; }

    [Description("1 to 500 characters; required of a new one.")]
    public string? Text { get; init; }

    public string? Description { get; init; }

    [Description("An RFC 3339 time, or a date, which is the start of that day in tz; required of a new one.")]
    public string? At { get; init; }

    [Description("IANA time zone that a date is read in; the project's by default.")]
    public string? Tz { get; init; }
}
