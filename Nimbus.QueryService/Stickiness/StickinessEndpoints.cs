using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Stickiness;

/// <summary>On how many days people are active.</summary>
public static class StickinessEndpoints
{
    public static void MapStickiness(this IEndpointRouteBuilder routes) =>
        routes.MapInsights().MapPost("/stickiness", RunStickiness).Accepts<StickinessDocument>("application/json")
            .WithDescription("How many people were active on exactly so many days of the range.");

    internal static Task<Results<Ok<StickinessResult>, ProblemHttpResult>> RunStickiness(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("stickiness", http, StickinessQuery.Read, StickinessReader.Run, ct);
}

/// <summary>What a stickiness asks for.</summary>
public sealed record StickinessQuery(EventPattern Events, BucketedRange Days, Where? Where = null)
{
    public static StickinessQuery Read(QueryDocument document) => new(
        new(document.Text(document.Root, "", "name")), document.Buckets(document.Bucket(BucketSize.Day)), document.Where);
}

/// <summary>How many people were active on how many days (docs/metrics.md#stickiness).</summary>
/// <param name="Days">From 1 to the number of days of the range.</param>
public sealed record StickinessResult(IReadOnlyList<StickinessDays> Days) : InsightResult;

/// <summary>People active on exactly <paramref name="N"/> distinct days.</summary>
public sealed record StickinessDays(int N, long People);

/// <summary>The body of <c>POST /v1/insights/stickiness</c>, for the API's description.</summary>
internal sealed record StickinessDocument : InsightDocument
{
    [Description("Activity is an event of this name; any by default.")]
    public string? Name { get; init; }

    [Description("day, which is the default.")]
    public string? Bucket { get; init; }
}

/// <summary>Counts the days of each person.</summary>
public static class StickinessReader
{
    public static StickinessResult Run(StickinessQuery query, QueryRun run)
    {
        var buckets = new TimeBuckets(query.Days);
        // Plus one, so that 0 is none.
        var lastDay = run.PerPerson<int>();
        var days = run.PerPerson<int>();
        var selector = new EventSelector(
            run.Snapshot, [query.Events.Compile(run.Snapshot)], query.Where?.Compile(run.Snapshot));
        foreach (var view in run.Blocks(buckets.FromMs, buckets.ToMs))
        {
            selector.Select(view);
            for (var i = 0; i < selector.People.Length; i++)
            {
                var (person, day) = (selector.People[i], buckets.Of(selector.Times[i]) + 1);
                if (lastDay[person] == day) continue;
                lastDay[person] = day;
                days[person]++;
            }
        }
        var people = new long[buckets.Count + 1];
        foreach (var n in days) people[n]++;
        return new([.. Enumerable.Range(1, buckets.Count).Select(n => new StickinessDays(n, people[n]))]);
    }
}
