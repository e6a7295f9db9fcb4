using System.Diagnostics;
using Nimbus.QueryService.Engine;

namespace Nimbus.QueryService.Querying;

/// <summary>The spans of queries: one a query, and below it one a segment that is scanned.</summary>
internal static class QueryTelemetry
{
    /// <summary>A query over thousands of segments has no more spans below it than this.</summary>
    public const int MaxScans = 50;

    private static readonly ActivitySource Source = new("Nimbus.Query");

    public static Activity? StartQuery(string kind, Guid projectId) =>
        Source.StartActivity("query " + kind)?.SetTag("nimbus.query.kind", kind).SetTag("nimbus.project.id", projectId);

    /// <param name="query">The span it belongs below, also on another thread.</param>
    public static Activity? StartScan(Activity? query, EventBlock first) => query is null ? null
        : Source.StartActivity("scan segment", ActivityKind.Internal, query.Context)
            ?.SetTag("nimbus.segment.sealed", first.SealedVersion != 0)
            .SetTag("nimbus.segment.from", DateTimeOffset.FromUnixTimeMilliseconds(first.FirstMs).UtcDateTime.ToString("O"));
}
