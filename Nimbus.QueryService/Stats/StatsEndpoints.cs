using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Stats;

/// <summary>Ready-made figures of a project.</summary>
public static class StatsEndpoints
{
    public static void MapStats(this IEndpointRouteBuilder routes)
    {
        // Both paths answer the same; the short one is for clients of older systems and stays out of the documents.
        Map(routes.MapProjectQueries("/v1/stats"));
        Map(routes.MapProjectQueries("/stats").ExcludeFromDescription());
    }

    private static void Map(RouteGroupBuilder stats)
    {
        stats.WithTags("Stats");
        stats.MapGet("/dau", GetDailyUsers).WithDescription("How many people were active on each day.");
        stats.MapGet("/top-events", GetTopEvents).WithDescription("The most frequent events.");
    }

    internal static async Task<Results<Ok<DailyUsersResult>, ProblemHttpResult>> GetDailyUsers(
        [AsParameters] DailyUsersParameters asked,
        HttpContext http,
        Insights insights,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryParameters();
        var project = http.Project();
        var calendar = read.Calendar(asked.Tz, project.TimeZone);
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        var last = read.Time("to", asked.To)?.AsDay(calendar) ?? calendar.DayOf(now);
        var first = read.Time("from", asked.From)?.AsDay(calendar) ?? last.PlusDays(-29);
        if (first > last) read.Fault("from", "must not be after to");
        if (read.Problem is { } problem) return problem;

        var days = new Buckets(calendar, BucketSize.Day)
            .Covering(calendar.StartOfDay(first), calendar.StartOfDay(last.PlusDays(1)));
        if (days is null)
            return Problem.Of(400, "too_many_buckets",
                $"An answer has at most {Buckets.Max:N0} days. Ask for less time.");
        var question = new Question(
            "dau", project.ProjectId, $"{calendar.Zone.Id} {days.From} {days.To}", Insights.WantsFresh(http.Request));
        return TypedResults.Ok(await insights.RunAsync(question, run => DailyUsersReader.Run(calendar, days, run), ct));
    }

    internal static async Task<Results<Ok<TopEventsResult>, ProblemHttpResult>> GetTopEvents(
        [AsParameters] TopEventsParameters asked, HttpContext http, Insights insights, CancellationToken ct)
    {
        var read = new QueryParameters();
        var project = http.Project();
        var (from, to) = read.Range(asked.From, asked.To, read.Calendar(asked.Tz, project.TimeZone));
        var limit = read.Limit(asked.Limit, 10, TopEventsReader.MaxLimit);
        if (read.Problem is { } problem) return problem;
        var question = new Question("top_events", project.ProjectId, $"{from} {to} {limit}", Insights.WantsFresh(http.Request));
        return TypedResults.Ok(await insights.RunAsync(question, run => TopEventsReader.Run(from, to, limit, run), ct));
    }
}
