using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Lifecycle;

/// <summary>Who is new, who stays, who comes back, who leaves.</summary>
public static class LifecycleEndpoints
{
    public static void MapLifecycle(this IEndpointRouteBuilder routes) =>
        routes.MapInsights().MapPost("/lifecycle", RunLifecycle).Accepts<LifecycleDocument>("application/json")
            .WithDescription("How many people are new, returning, resurrecting and dormant in each bucket.");

    internal static Task<Results<Ok<LifecycleResult>, ProblemHttpResult>> RunLifecycle(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("lifecycle", http, LifecycleQuery.Read, LifecycleReader.Run, ct);
}

/// <summary>What a lifecycle asks for.</summary>
/// <param name="BeforeMs">Where the bucket before the first one starts.</param>
public sealed record LifecycleQuery(EventPattern Events, BucketedRange Range, long BeforeMs, Where? Where = null)
{
    public static LifecycleQuery Read(QueryDocument document)
    {
        var bucket = document.Bucket();
        var range = document.Buckets(bucket);
        var before = new Buckets(document.Calendar, bucket).StartOf(range.Starts[0] - Duration.Epsilon);
        return new(new(document.Text(document.Root, "", "name")), range, before.ToUnixTimeMilliseconds(), document.Where);
    }
}

/// <summary>Where people stand (docs/metrics.md#lifecycle).</summary>
public sealed record LifecycleResult(IReadOnlyList<LifecycleBucket> Buckets) : InsightResult;

/// <summary>One bucket.</summary>
/// <param name="New">Active here for the first time ever.</param>
/// <param name="Returning">Active here and in the bucket before.</param>
/// <param name="Resurrecting">Active here, not in the bucket before, and some time before that.</param>
/// <param name="Dormant">Active in the bucket before and not here, below zero.</param>
public sealed record LifecycleBucket(
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime Ts, long New, long Returning, long Resurrecting, long Dormant);

/// <summary>The body of <c>POST /v1/insights/lifecycle</c>, for the API's description.</summary>
internal sealed record LifecycleDocument : InsightDocument
{
    [Description("Activity is an event of this name; any by default.")]
    public string? Name { get; init; }

    [Description("1m, 5m, 15m, 1h, 1d (default), 1w or 1mo.")]
    public string? Bucket { get; init; }
}
