using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Events;

/// <summary>The list of events.</summary>
public static class EventsEndpoints
{
    public static IServiceCollection AddEvents(this IServiceCollection services) =>
        services.AddSingleton<EventsReader>();

    public static void MapEvents(this IEndpointRouteBuilder routes) =>
        routes.MapProjectQueries("/v1/events").WithTags("Events").MapGet("", ListEvents)
            .WithDescription("Events in order of time. props.KEY=VALUE keeps events whose property KEY is VALUE.");

    internal static async Task<Results<Ok<EventsResult>, ProblemHttpResult>> ListEvents(
        [AsParameters] EventsParameters asked, HttpContext http, EventsReader events, CancellationToken ct)
    {
        var read = new QueryParameters();
        var query = Understand(asked, http, read);
        return read.Problem is { } problem ? problem : TypedResults.Ok(await events.ReadAsync(query, ct));
    }

    private static EventsQuery Understand(EventsParameters asked, HttpContext http, QueryParameters read)
    {
        var project = http.Project();
        var calendar = read.Calendar(asked.Tz, project.TimeZone);
        var (from, to) = read.Range(asked.From, asked.To, calendar);
        if (asked.Order is not (null or "" or "asc" or "desc")) read.Fault("order", "must be asc or desc");
        EventCursor? after = null;
        if (!string.IsNullOrEmpty(asked.Cursor) && (after = EventCursor.Parse(asked.Cursor)) is null)
            read.Fault("cursor", "must be the next_cursor of an answer");
        var filter = read.Filter(asked.Name, asked.UserId, http.Request);
        var limit = read.Limit(asked.Limit, 100, EventsQuery.MaxLimit);
        return new(project.ProjectId, filter, from, to, asked.Order == "asc", limit, after);
    }
}
