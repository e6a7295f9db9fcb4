using System.Diagnostics;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Querying;

/// <summary>Answers query documents: finds the project for its member, reads the document, and runs it within limits.</summary>
public sealed class Insights(
    ProjectAccess projects, ProjectSnapshots snapshots, PeopleReader people, IOptions<QueryLimits> limits, QueryGate gate,
    AnswerCache answers, PartCache parts, QueryMetrics metrics, TimeProvider time)
{
    private const int MaxBodyBytes = 256 * 1024;
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 64 };

    /// <param name="kind">The label of the duration metric; a constant.</param>
    /// <param name="read">What is asked for; ignored where the document has a fault.</param>
    /// <param name="hasOwnCohort">See <see cref="QueryDocument"/>.</param>
    public async Task<Results<Ok<TResult>, ProblemHttpResult>> AnswerAsync<TQuery, TResult>(
        string kind, HttpContext http, Func<QueryDocument, TQuery> read, Func<TQuery, QueryRun, TResult> run,
        CancellationToken ct, bool hasOwnCohort = false)
        where TResult : InsightResult
    {
        using var body = await BodyAsync(http.Request, ct);
        if (body is null || body.RootElement.ValueKind != JsonValueKind.Object)
            return Problem.Of(400, "invalid_json", "The body must be a JSON object, at most 256 KiB of it.");
        if (!QueryDocument.Has(body.RootElement, "project_id")
            || body.RootElement.GetProperty("project_id") is not { ValueKind: JsonValueKind.String } id
            || !Guid.TryParse(id.GetString(), out var projectId))
            return Problem.Invalid(new Dictionary<string, string[]> { ["project_id"] = ["must be the id of a project"] });
        if (await projects.FindAsync(projectId, http.User.UserId(), ct) is not { } member)
            return Problem.Of(404, "project_not_found", "There is no such project, or you are not a member of it.");

        return await AnswerAsync(kind, body.RootElement, member, read, run, WantsFresh(http.Request), ct, hasOwnCohort);
    }

    /// <summary>Answers a document of a member.</summary>
    public async Task<Results<Ok<TResult>, ProblemHttpResult>> AnswerAsync<TQuery, TResult>(
        string kind, JsonElement root, ProjectMember member, Func<QueryDocument, TQuery> read, Func<TQuery, QueryRun, TResult> run,
        bool isFresh, CancellationToken ct, bool hasOwnCohort = false)
        where TResult : InsightResult
    {
        var document = new QueryDocument(root, member, Instant.FromDateTimeOffset(time.GetUtcNow()), hasOwnCohort);
        var query = read(document);
        if (document.Problem is { } problem) return problem;
        var question = new Question(kind, member.ProjectId, document.Key, isFresh) { OfPeople = document.OfPeople };
        return TypedResults.Ok(await RunAsync(question, work => run(query, work), ct));
    }

    /// <summary>The caller said <c>Cache-Control: no-cache</c>.</summary>
    public static bool WantsFresh(HttpRequest request) => request.GetTypedHeaders().CacheControl?.NoCache == true;

    /// <summary>Runs a question over the project's events as they are now, unless its answer is still good.</summary>
    /// <param name="prepare">Reads what else it takes, once the state of the events is settled: what it finds is no older.</param>
    /// <exception cref="ProblemException">
    /// 503 <c>query_timeout</c>, <c>busy</c>; 400 <c>query_too_large</c>, <c>cohort_not_found</c>.
    /// </exception>
    public async Task<TResult> RunAsync<TResult>(
        Question question, Func<QueryRun, TResult> run, CancellationToken ct, Func<Task>? prepare = null)
        where TResult : InsightResult
    {
        using var span = QueryTelemetry.StartQuery(question.Kind, question.ProjectId);
        var outcome = QueryOutcome.Failed;
        try
        {
            using var snapshot = await snapshots.OpenAsync(question.ProjectId, ct);
            span?.SetTag("nimbus.query.watermark", snapshot.Watermark);
            if (answers.Find<TResult>(question, snapshot) is { } kept)
            {
                outcome = QueryOutcome.Kept;
                return kept;
            }
            if (prepare is not null) await prepare();
            using var turn = await gate.EnterAsync(ct);
            var result = await ComputeAsync(question, snapshot, run, ct);
            answers.Keep(question, snapshot, result);
            outcome = QueryOutcome.Answered;
            return result;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            outcome = QueryOutcome.Cancelled;
            throw;
        }
        catch (ProblemException e)
        {
            outcome = e.Code switch
            {
                "query_timeout" => QueryOutcome.TimedOut,
                "busy" => QueryOutcome.Busy,
                _ => e.Status < 500 ? QueryOutcome.Refused : QueryOutcome.Failed,
            };
            throw;
        }
        finally
        {
            metrics.Count(question.Kind, outcome);
            span?.SetTag("nimbus.query.outcome", outcome.ToString());
        }
    }

    private async Task<TResult> ComputeAsync<TResult>(
        Question question, ProjectSnapshot snapshot, Func<QueryRun, TResult> run, CancellationToken ct) where TResult : InsightResult
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limits.Value.Timeout);
        var started = Stopwatch.GetTimestamp();
        try
        {
            if (question.OfPeople.Count > 0) await people.ReadAsync(snapshot, question.ProjectId, question.OfPeople, timeout.Token);
            var result = run(new QueryRun(snapshot, limits.Value, timeout.Token, question.IsFresh ? null : parts));
            result.Watermark = snapshot.Watermark;
            result.ComputedMs = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 3);
            return result;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ProblemException(503, "query_timeout",
                $"The query took longer than {limits.Value.Timeout.TotalSeconds:0.#} seconds. Ask about a shorter range.");
        }
        finally
        {
            metrics.Record(question.Kind, Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>The body as JSON, to be disposed; null where it is none or too large.</summary>
    internal static async Task<JsonDocument?> BodyAsync(HttpRequest request, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        var piece = new byte[16 * 1024];
        while (await request.Body.ReadAsync(piece, ct) is > 0 and var read)
        {
            if (buffer.Length + read > MaxBodyBytes) return null;
            buffer.Write(piece, 0, read);
        }
        // The parser looks at no text before it is asked for.
        if (!Utf8.IsValid(buffer.GetBuffer().AsSpan(0, (int)buffer.Length))) return null;
        buffer.Position = 0;
        try
        {
            return JsonDocument.Parse(buffer, Reading);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Routes of questions that are posted as documents.</summary>
public static class InsightRoutes
{
    public static RouteGroupBuilder MapInsights(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/insights").WithTags("Insights").RequireAuthorization(Policies.User).RequireScope(TokenScopes.Read);
        foreach (var status in new[] { 400, 401, 404, 503 })
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
        return group;
    }
}
