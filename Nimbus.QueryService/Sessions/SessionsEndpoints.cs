using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Sessions;

/// <summary>How many sessions there are, and how long.</summary>
public static class SessionsEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder routes) =>
        routes.MapInsights().MapPost("/sessions", RunSessions).Accepts<SessionsDocument>("application/json")
            .WithDescription("Sessions by the bucket they start in: how many, how long, of how many events.");

    internal static Task<Results<Ok<SessionsResult>, ProblemHttpResult>> RunSessions(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("sessions", http, SessionsQuery.Read, SessionsReader.Run, ct);
}

/// <summary>What is told of sessions.</summary>
public enum SessionMeasure { Count, LengthAvg, LengthMedian, EventsAvg }

/// <summary>What is asked about sessions.</summary>
public sealed record SessionsQuery(SessionMeasure Measure, BucketedRange Range, Where? Where = null, GroupKey? GroupBy = null)
{
    public static SessionsQuery Read(QueryDocument document) => new(
        document.Choice("measure", ("count", SessionMeasure.Count), ("length_avg", SessionMeasure.LengthAvg),
            ("length_median", SessionMeasure.LengthMedian), ("events_avg", SessionMeasure.EventsAvg)),
        document.Buckets(document.Bucket()), document.Where, document.GroupBy());
}

/// <summary>A measure of sessions over time (docs/metrics.md#sessions).</summary>
/// <param name="Groups">With group_by: at most 20, largest first, then the rest as one.</param>
public sealed record SessionsResult(
    IReadOnlyList<SessionsPoint> Points,
    double? Total,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SessionsGroup>? Groups) : InsightResult;

/// <summary>The sessions that start in one bucket.</summary>
/// <param name="Value">Sessions; or seconds; or events. Null where there is no session to average.</param>
public sealed record SessionsPoint([property: JsonConverter(typeof(UtcMilliseconds))] DateTime Ts, double? Value);

/// <summary>The sessions whose first event has one value of the property.</summary>
/// <param name="Other">True for the rest taken together; left out otherwise.</param>
public sealed record SessionsGroup(
    RawJson Value, IReadOnlyList<SessionsPoint> Points, double? Total,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Other = false);

/// <summary>The body of <c>POST /v1/insights/sessions</c>, for the API's description.</summary>
internal sealed record SessionsDocument : InsightDocument
{
    [Description("1m, 5m, 15m, 1h, 1d (default), 1w or 1mo.")]
    public string? Bucket { get; init; }

    [Description("count (default), length_avg, length_median (seconds), or events_avg.")]
    public string? Measure { get; init; }

    public GroupDocument? GroupBy { get; init; }
}
