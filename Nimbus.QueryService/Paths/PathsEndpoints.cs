using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Paths;

/// <summary>What people do after an event, or before one.</summary>
public static class PathsEndpoints
{
    public static void MapPaths(this IEndpointRouteBuilder routes) =>
        routes.MapInsights().MapPost("/paths", RunPaths).Accepts<PathsDocument>("application/json")
            .WithDescription("Which events follow each other, step by step, from an event on or back from one.");

    internal static Task<Results<Ok<PathsResult>, ProblemHttpResult>> RunPaths(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("paths", http, PathsQuery.Read, PathsReader.Run, ct);
}

/// <summary>What is asked about paths.</summary>
/// <param name="Anchor">The event paths start with, or end with when walked backward; null to start with any.</param>
/// <param name="Depth">The most steps of a path, the first included.</param>
/// <param name="Top">The most names shown on their own in one step.</param>
/// <param name="WindowMs">The longest time from the anchor to the other end.</param>
public sealed record PathsQuery(
    string? Anchor, bool IsBackward, int Depth, int Top, IReadOnlySet<string> Exclude, long? WindowMs, long FromMs, long ToMs,
    Where? Where = null)
{
    public const int MaxDepth = 10;
    public const int MaxTop = 50;

    public static PathsQuery Read(QueryDocument document)
    {
        var (start, end) = (Name(document, "start"), Name(document, "end"));
        if (start is not null && end is not null) document.Fault("end", "cannot go with start");
        var exclude = document.List(document.Root, "", "exclude", 0, 100);
        if (exclude.Any(name => name.ValueKind != JsonValueKind.String)) document.Fault("exclude", "must be names of events");
        var excluded = exclude.Where(name => name.ValueKind == JsonValueKind.String)
            .Select(name => StoredText.Of(name.GetString()!)).ToHashSet();
        if ((start ?? end) is { } anchor && excluded.Contains(anchor)) document.Fault("exclude", "must not name the start or the end");
        return new(
            start ?? end, end is not null,
            document.Whole(document.Root, "", "depth", 5, 2, MaxDepth), document.Whole(document.Root, "", "top", 10, 1, MaxTop),
            excluded, document.Milliseconds("window"),
            document.From.ToUnixTimeMilliseconds(), document.To.ToUnixTimeMilliseconds(), document.Where);
    }

    private static string? Name(QueryDocument document, string field) =>
        QueryDocument.Field(document.Root, field) is null ? null
            : document.Pattern(QueryDocument.Field(document.Root, field), field, needsName: true).Name;
}

/// <summary>Which events follow each other (docs/metrics.md#paths).</summary>
/// <param name="Nodes">By step; in a step the most frequent first.</param>
public sealed record PathsResult(IReadOnlyList<PathNode> Nodes, IReadOnlyList<PathLink> Links) : InsightResult;

/// <summary>An event at one step of paths.</summary>
/// <param name="Step">0 is the first; back from an event its steps count down: 0, -1, -2.</param>
/// <param name="People">Whose path has it there.</param>
/// <param name="Other">True for the names that are not shown on their own; left out otherwise.</param>
public sealed record PathNode(
    string Id, int Step, string Name, long People,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Other);

/// <summary>What follows what.</summary>
/// <param name="From">The id of the earlier node.</param>
/// <param name="To">The id of the later one.</param>
/// <param name="MedianSeconds">From the last event of the one to the first of the other.</param>
public sealed record PathLink(string From, string To, long People, double MedianSeconds);

/// <summary>The body of <c>POST /v1/insights/paths</c>, for the API's description.</summary>
internal sealed record PathsDocument : InsightDocument
{
    [Description("Paths start with each person's first event of this name: {name}.")]
    public SeriesDocument? Start { get; init; }

    [Description("Paths lead to each person's last event of this name: {name}. One of start and end, or neither.")]
    public SeriesDocument? End { get; init; }

    [Description("The most steps, the first included: 2 to 10, 5 by default.")]
    public int? Depth { get; init; }

    [Description("So many names are shown on their own in a step: 1 to 50, 10 by default.")]
    public int? Top { get; init; }

    [Description("Names that are passed over.")]
    public IReadOnlyList<string>? Exclude { get; init; }

    [Description("The longest time from the start, or to the end: 30m, 12h, 7d; no limit by default.")]
    public string? Window { get; init; }
}
