using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Trends;

/// <summary>Measures over time, several at once.</summary>
public static class TrendsEndpoints
{
    public static void MapTrends(this IEndpointRouteBuilder routes) =>
        routes.MapInsights().MapPost("/trends", RunTrends).Accepts<TrendsDocument>("application/json")
            .WithDescription("Measures over consecutive buckets: several series, a formula over them, groups, the period before.");

    internal static Task<Results<Ok<TrendsResult>, ProblemHttpResult>> RunTrends(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("trends", http, TrendsQuery.Read, TrendsReader.Run, ct);
}

/// <summary>The body of <c>POST /v1/insights/trends</c>, for the API's description.</summary>
internal sealed record TrendsDocument : InsightDocument
{
    [Description("1 to 10 series.")]
    public required IReadOnlyList<TrendsSeriesDocument> Series { get; init; }

    [Description("1m, 5m, 15m, 1h, 1d (default), 1w or 1mo.")]
    public string? Bucket { get; init; }

    [Description("Over the series, the first being A: A / B * 100. Then only its own series is answered.")]
    public string? Formula { get; init; }

    public GroupDocument? GroupBy { get; init; }

    [Description("So many groups are shown on their own, 1 to 100; 20 by default.")]
    public int? GroupLimit { get; init; }

    [Description("previous_period: as many buckets before these.")]
    public string? Compare { get; init; }
}

/// <summary>A series.</summary>
internal sealed record TrendsSeriesDocument : SeriesDocument
{
    [Description("count (default), users, or sum, avg, min, max, p50, p90, p99 of a property: sum:price.")]
    public string? Measure { get; init; }
}
