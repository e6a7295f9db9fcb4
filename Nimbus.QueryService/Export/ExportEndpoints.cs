using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Export;

/// <summary>All events of a project as one stream.</summary>
public static class ExportEndpoints
{
    private const string Csv = "text/csv";
    private const string JsonLines = "application/x-ndjson";

    public static IServiceCollection AddExport(this IServiceCollection services) => services.AddSingleton<EventExport>();

    public static void MapExport(this IEndpointRouteBuilder routes) =>
        routes.MapProjectQueries("/v1/export").WithTags("Export").MapGet("/events", ExportEvents)
            .WithDescription("Events in order of time as a stream, oldest first. An answer that breaks off is incomplete.")
            .Produces<string>(StatusCodes.Status200OK, JsonLines, Csv);

    internal static Results<PushStreamHttpResult, ProblemHttpResult> ExportEvents(
        [AsParameters] ExportParameters asked, HttpContext http, EventExport export, CancellationToken ct)
    {
        var read = new QueryParameters();
        var project = http.Project();
        var (from, to) = read.Range(asked.From, asked.To, read.Calendar(asked.Tz, project.TimeZone));
        var filter = read.Filter(asked.Name, asked.UserId, http.Request);
        var format = Format(asked.Format, read);
        if (read.Problem is { } problem) return problem;

        var query = new EventsQuery(project.ProjectId, filter, from, to, Ascending: true, EventsQuery.MaxLimit, After: null);
        var (type, extension) = format == ExportFormat.Csv ? (Csv, "csv") : (JsonLines, "jsonl");
        return TypedResults.Stream(body => export.WriteAsync(query, format, body, ct), type, $"events.{extension}");
    }

    private static ExportFormat Format(string? asked, QueryParameters read)
    {
        if (asked is "csv") return ExportFormat.Csv;
        if (asked is not (null or "" or "jsonl")) read.Fault("format", "must be jsonl or csv");
        return ExportFormat.JsonLines;
    }
}
