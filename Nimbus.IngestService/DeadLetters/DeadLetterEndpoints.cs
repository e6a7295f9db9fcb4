using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Nimbus.Events;
using Nimbus.IngestService.Capture;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.DeadLetters;

/// <summary>What could not be stored: read, stored again, given up. For owners and admins.</summary>
internal static class DeadLetterEndpoints
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 1000;

    public static WebApplicationBuilder AddDeadLetters(this WebApplicationBuilder builder)
    {
        builder.RequireConnectionString("eventsdb");
        builder.AddEventsDatabase();
        builder.AddProjectAccess();
        // Taking events in goes on without PostgreSQL; only the letters cannot be read then.
        builder.Services.TolerateUnhealthy("PostgreSql").TolerateUnhealthy("eventsdb-schema");
        builder.Services.AddSingleton<DeadLetterTable>();
        builder.Services.AddSingleton<DeadLetterReplay>();
        return builder;
    }

    public static IEndpointRouteBuilder MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var letters = routes.MapGroup("/v1/projects/{id:guid}/dead-letters").WithTags("Dead letters")
            .RequireAuthorization(Policies.User).AddEndpointFilter(RequireAdministratorAsync);
        foreach (var status in new[] { 400, 401, 403, 404, 503 })
            letters.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
        letters.MapGet("", List).WithSummary("Events that could not be stored, those received first coming first");
        letters.MapPost("/replay", ReplayAll)
            .WithSummary("Stores letters again as they are, page by page: at most limit of them, from cursor on");
        letters.MapDelete("", DeleteAll).WithSummary("Deletes all letters of the project");
        letters.MapPost("/{letter_id:guid}/replay", Replay)
            .WithSummary("Stores a letter again, as it is or corrected; it is gone once its event is stored");
        letters.MapDelete("/{letter_id:guid}", Delete).WithSummary("Deletes a letter");
        return routes;
    }

    internal static async Task<Results<Ok<DeadLetterPage>, ProblemHttpResult>> List(
        Guid id, DeadLetterTable letters, CancellationToken ct, int? limit = null, string? cursor = null)
    {
        if (Fault(limit, cursor, out var after) is { } fault)
            return fault;
        var (page, next) = await PageAsync(letters, id, after, limit ?? DefaultLimit, ct);
        return TypedResults.Ok(new DeadLetterPage([.. page.Select(Describe)], next));
    }

    internal static async Task<Results<Accepted<ReplayResult>, ProblemHttpResult>> ReplayAll(
        Guid id, HttpContext http, DeadLetterTable letters, DeadLetterReplay replay, CancellationToken ct,
        int? limit = null, string? cursor = null)
    {
        if (Fault(limit, cursor, out var after) is { } fault)
            return fault;
        var (page, next) = await PageAsync(letters, id, after, limit ?? MaxLimit, ct);
        var stay = new List<NotReplayed>();
        try
        {
            foreach (var letter in page)
            {
                if (await replay.ReplayAsync(letter, null, ct) is { } objection)
                    stay.Add(objection);
            }
        }
        catch (RefusedException refused)
        {
            // Those before it are on their way, and asking again stores none of them twice.
            return Refused(http, refused);
        }
        return TypedResults.Accepted((string?)null, new ReplayResult(page.Count - stay.Count, stay, next));
    }

    internal static async Task<Results<Accepted<ReplayResult>, ProblemHttpResult>> Replay(
        Guid id, [FromRoute(Name = "letter_id")] Guid letterId, HttpContext http, DeadLetterTable letters, DeadLetterReplay replay,
        CancellationToken ct, ReplayRequest? request = null)
    {
        if (await letters.FindAsync(id, letterId, ct) is not { } letter)
            return NoSuchLetter();
        var correction = request?.Event is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given ? given : (JsonElement?)null;
        try
        {
            return await replay.ReplayAsync(letter, correction, ct) is { } objection
                ? Problem.Of(StatusCodes.Status400BadRequest, objection.Code, objection.Message)
                : TypedResults.Accepted((string?)null, new ReplayResult(1, [], null));
        }
        catch (RefusedException refused)
        {
            return Refused(http, refused);
        }
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> Delete(
        Guid id, [FromRoute(Name = "letter_id")] Guid letterId, DeadLetterTable letters, CancellationToken ct) =>
        await letters.DeleteAsync(id, letterId, ct) ? TypedResults.NoContent() : NoSuchLetter();

    internal static async Task<Ok<DeletedLetters>> DeleteAll(Guid id, DeadLetterTable letters, CancellationToken ct) =>
        TypedResults.Ok(new DeletedLetters(await letters.DeleteAllAsync(id, ct)));

    private static async ValueTask<object?> RequireAdministratorAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var projects = http.RequestServices.GetRequiredService<ProjectAccess>();
        var projectId = Guid.Parse((string)http.GetRouteValue("id")!, CultureInfo.InvariantCulture);
        return await projects.FindAsync(projectId, http.User.UserId(), http.RequestAborted) switch
        {
            null => Problem.Of(StatusCodes.Status404NotFound, "project_not_found", "There is no such project."),
            { Administers: false } => Problem.Of(StatusCodes.Status403Forbidden, "forbidden", "Your role in this project does not allow this."),
            _ => await next(context),
        };
    }

    private static async Task<(List<StoredLetter> Page, string? NextCursor)> PageAsync(
        DeadLetterTable letters, Guid projectId, Guid after, int limit, CancellationToken ct)
    {
        var page = await letters.PageAsync(projectId, after, limit + 1, ct);
        if (page.Count <= limit)
            return (page, null);
        page.RemoveAt(limit);
        return (page, PageCursor.Of(page[^1].Id));
    }

    private static ProblemHttpResult? Fault(int? limit, string? cursor, out Guid after)
    {
        after = Guid.Empty;
        var errors = new Dictionary<string, string[]>();
        if (limit is < 1 or > MaxLimit)
            errors["limit"] = [$"must be 1 to {MaxLimit}"];
        if (!string.IsNullOrEmpty(cursor) && !PageCursor.TryRead(cursor, out after))
            errors["cursor"] = ["is not one that this list gave"];
        return errors.Count > 0 ? Problem.Invalid(errors) : null;
    }

    private static DeadLetterAnswer Describe(StoredLetter letter) => new(
        letter.Id, AsJson(letter.Event), letter.Reason, letter.Detail, letter.Attempts, letter.Index, letter.Entry is null, letter.CreatedAt);

    private static JsonElement AsJson(byte[] received)
    {
        try
        {
            // A depth that the writer of the answer can still nest.
            return JsonElement.Parse(received, new JsonDocumentOptions { MaxDepth = 900 });
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(received));
        }
    }

    private static ProblemHttpResult Refused(HttpContext http, RefusedException refused)
    {
        if (refused.RetryAfter is { } wait)
            http.Response.Headers.RetryAfter = wait.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        return Problem.Of(refused.Status, refused.Code, refused.Message);
    }

    private static ProblemHttpResult NoSuchLetter() =>
        Problem.Of(StatusCodes.Status404NotFound, "dead_letter_not_found", "There is no such letter: it is stored, or deleted.");
}
