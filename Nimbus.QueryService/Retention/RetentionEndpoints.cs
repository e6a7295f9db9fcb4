using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Retention;

/// <summary>Who comes back.</summary>
public static class RetentionEndpoints
{
    public static void MapRetention(this IEndpointRouteBuilder routes)
    {
        var insights = routes.MapInsights();
        insights.MapPost("/retention", RunRetention).Accepts<RetentionDocument>("application/json")
            .WithDescription("Of the people who started in each window, how many came back in the windows after it.");
        insights.MapPost("/retention/people", ListPeople).Accepts<RetentionPeopleDocument>("application/json")
            .WithDescription("Who of a cohort came back in a window.");
        routes.MapProjectQueries("/v1/stats").WithTags("Stats").MapGet("/retention", GetRetention)
            .WithDescription("Of the people first seen in each window, how many were active in the windows after it.");
        routes.MapProjectQueries("/stats").ExcludeFromDescription().MapGet("/retention", GetRetention);
    }

    internal static Task<Results<Ok<RetentionResult>, ProblemHttpResult>> RunRetention(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("retention", http, RetentionQuery.Read, RetentionReader.Run, ct);

    internal static Task<Results<Ok<PeopleResult>, ProblemHttpResult>> ListPeople(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("retention_people", http, RetentionPeopleQuery.Read, RetentionPeopleQuery.Run, ct, hasOwnCohort: true);

    internal static async Task<Results<Ok<RetentionResult>, ProblemHttpResult>> GetRetention(
        [AsParameters] RetentionParameters asked, HttpContext http, Insights insights, TimeProvider time, CancellationToken ct)
    {
        var project = http.Project();
        var read = new QueryParameters();
        var query = asked.Understand(read, project.TimeZone, Instant.FromDateTimeOffset(time.GetUtcNow()));
        if (read.Problem is { } problem) return problem;
        var text = $"{asked.WindowType} {query!.Windows.From} {query.Windows.To} {query.Begun} {asked.Tz ?? project.TimeZone}";
        var question = new Question("stats_retention", project.ProjectId, text, Insights.WantsFresh(http.Request));
        return TypedResults.Ok(await insights.RunAsync(question, run => RetentionReader.Run(query, run), ct));
    }
}

/// <summary>Asks who is behind a figure of a retention.</summary>
internal sealed record RetentionPeopleQuery(RetentionQuery Retention, int Cohort, int Window, PeoplePage Page)
{
    public static RetentionPeopleQuery Read(QueryDocument document)
    {
        var retention = RetentionQuery.Read(document);
        var cohort = 0;
        if (document.Moment("cohort") is { } start)
        {
            var starts = retention.Windows.Starts;
            cohort = -1;
            while (cohort + 1 < retention.Cohorts && starts[cohort + 1] <= start) cohort++;
            if (cohort < 0 || start >= document.To) document.Fault("cohort", "must be a day or a time in one of the cohorts, as their start is");
        }
        return new(
            retention,
            Math.Max(cohort, 0),
            document.Whole(document.Root, "", "window", 0, 0, retention.Depth - 1),
            PeoplePage.Read(document));
    }

    public static PeopleResult Run(RetentionPeopleQuery query, QueryRun run) =>
        query.Page.Of(RetentionReader.People(query.Retention, run, query.Cohort, query.Window));
}

/// <summary>The body of <c>POST /v1/insights/retention</c>, for the API's description.</summary>
internal record RetentionDocument : InsightDocument
{
    [Description("What puts a person into a cohort: {name?, where?}; anything by default.")]
    public SeriesDocument? Start { get; init; }

    [Description("What counts as coming back; anything by default.")]
    public SeriesDocument? Return { get; init; }

    [Description("day (default), week or month.")]
    public string? Bucket { get; init; }

    [Description("How many windows each cohort is followed, its own included.")]
    public int? Windows { get; init; }

    [Description("first_time (default), or recurring: a person is in each cohort in whose window they started.")]
    public string? Kind { get; init; }

    [Description("on (default), or on_or_after: active in the window or later, up to to.")]
    public string? Mode { get; init; }

    public GroupDocument? GroupBy { get; init; }
}

/// <summary>The body of <c>POST /v1/insights/retention/people</c>.</summary>
internal sealed record RetentionPeopleDocument : RetentionDocument
{
    [Description("Which cohort: its start, or any day or time in its window; the first by default. To filter by a saved cohort use where.")]
    public new string? Cohort { get; init; }

    [Description("Which window, the cohort's own being 0.")]
    public int Window { get; init; }

    public int? Limit { get; init; }

    public string? Cursor { get; init; }
}
