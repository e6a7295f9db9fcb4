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
        var inParts = new PeopleInParts(run);
        // Of each person the last day, plus one so that 0 is none, and how many there were.
        run.Take((long)inParts.Parts * inParts.PeopleOfPart * 2 * sizeof(int));
        var parts = Enumerable.Range(0, inParts.Parts)
            .Select(_ => (Buckets: new TimeBuckets(query.Days), Days: new (int Last, int Count)[inParts.PeopleOfPart])).ToArray();
        inParts.Run(run.Snapshot.Blocks(buckets.FromMs, buckets.ToMs), [query.Events], query.Where, (part, events) =>
        {
            var (own, days) = parts[part];
            var times = events.Times;
            var people = events.People;
            for (var i = 0; i < times.Length; i++)
            {
                ref var known = ref days[people[i]];
                var day = own.Of(times[i]) + 1;
                if (known.Last != day) known = (day, known.Count + 1);
            }
        });
        var peopleOf = new long[buckets.Count + 1];
        foreach (var (_, days) in parts)
            foreach (var (_, count) in days) peopleOf[count]++;
        return new([.. Enumerable.Range(1, buckets.Count).Select(n => new StickinessDays(n, peopleOf[n]))]);
    }
}
