using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Funnels;
using Nimbus.QueryService.Lifecycle;
using Nimbus.QueryService.Paths;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Retention;
using Nimbus.QueryService.Sessions;
using Nimbus.QueryService.Stickiness;
using Nimbus.QueryService.Trends;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Saved;

/// <summary>A range to be asked about instead of the one that was saved; each null where it stays.</summary>
public sealed record AskedRange(string? From, string? To, string? Tz)
{
    /// <summary>The question with this range.</summary>
    internal JsonElement Of(JsonElement query)
    {
        var fields = JsonObject.Create(query)!;
        if (!string.IsNullOrEmpty(From)) fields["from"] = From;
        if (!string.IsNullOrEmpty(To)) fields["to"] = To;
        if (!string.IsNullOrEmpty(Tz)) fields["tz"] = Tz;
        return JsonSerializer.SerializeToElement(fields);
    }
}

/// <summary>Asks questions that were saved, as <c>POST /v1/insights/KIND</c> would.</summary>
public sealed class SavedAnswers(Insights insights, TimeProvider time)
{
    private static readonly Dictionary<string, Func<SavedAnswers, Asked, Task<(InsightResult?, ProblemHttpResult?)>>> Answers = new()
    {
        ["trends"] = (own, asked) => own.RunAsync(asked, TrendsQuery.Read, TrendsReader.Run),
        ["funnel"] = (own, asked) => own.RunAsync(asked, FunnelQuery.Read, FunnelReader.Run),
        ["retention"] = (own, asked) => own.RunAsync(asked, RetentionQuery.Read, RetentionReader.Run),
        ["paths"] = (own, asked) => own.RunAsync(asked, PathsQuery.Read, PathsReader.Run),
        ["lifecycle"] = (own, asked) => own.RunAsync(asked, LifecycleQuery.Read, LifecycleReader.Run),
        ["stickiness"] = (own, asked) => own.RunAsync(asked, StickinessQuery.Read, StickinessReader.Run),
        ["sessions"] = (own, asked) => own.RunAsync(asked, SessionsQuery.Read, SessionsReader.Run),
    };

    private static readonly Dictionary<string, Action<QueryDocument>> Readers = new()
    {
        ["trends"] = document => TrendsQuery.Read(document),
        ["funnel"] = document => FunnelQuery.Read(document),
        ["retention"] = document => RetentionQuery.Read(document),
        ["paths"] = document => PathsQuery.Read(document),
        ["lifecycle"] = document => LifecycleQuery.Read(document),
        ["stickiness"] = document => StickinessQuery.Read(document),
        ["sessions"] = document => SessionsQuery.Read(document),
    };

    /// <summary>The kinds of questions that can be saved.</summary>
    public static IEnumerable<string> Kinds => Answers.Keys;

    /// <summary>The answer, or why there is none.</summary>
    internal Task<(InsightResult? Answer, ProblemHttpResult? Problem)> AskAsync(
        string kind, JsonElement query, ProjectMember member, AskedRange range, bool isFresh, CancellationToken ct) =>
        Answers[kind](this, new Asked(kind, range.Of(query), member, isFresh, ct));

    /// <summary>What is wrong with a question, by field.</summary>
    internal IDictionary<string, string[]> Faults(string kind, JsonElement query, ProjectMember member)
    {
        var document = new QueryDocument(query, member, Instant.FromDateTimeOffset(time.GetUtcNow()));
        Readers[kind](document);
        return document.Problem?.ProblemDetails.Extensions["errors"] as IDictionary<string, string[]> ?? new Dictionary<string, string[]>();
    }

    private async Task<(InsightResult?, ProblemHttpResult?)> RunAsync<TQuery, TResult>(
        Asked asked, Func<QueryDocument, TQuery> read, Func<TQuery, QueryRun, TResult> run) where TResult : InsightResult
    {
        try
        {
            var results = await insights.AnswerAsync(asked.Kind, asked.Query, asked.Member, read, run, asked.IsFresh, asked.Cancelled);
            return results.Result is Ok<TResult> { Value: { } answer } ? (answer, null) : (null, (ProblemHttpResult)results.Result);
        }
        catch (ProblemException e)
        {
            return (null, Problem.Of(e.Status, e.Code, e.Message));
        }
    }

    private sealed record Asked(string Kind, JsonElement Query, ProjectMember Member, bool IsFresh, CancellationToken Cancelled);
}
