using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Cohorts;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Persons;

/// <summary>People: who there is, what is known of them, and what they did.</summary>
public static class PersonsEndpoints
{
    public static IServiceCollection AddPersons(this IServiceCollection services) => services.AddSingleton<PersonsReader>();

    public static void MapPersons(this IEndpointRouteBuilder routes)
    {
        var persons = routes.MapProjectQueries("/v1/persons").WithTags("Persons");
        persons.MapGet("", ListPersons).WithDescription("People, those met last first.");
        persons.MapGet("/{id:guid}", GetPerson).WithDescription("A person: ids, traits, groups, when first and last seen.");
        persons.MapGet("/{id:guid}/events", ListPersonEvents).WithDescription("What a person did under any of their ids, newest first.");
    }

    internal static async Task<Results<Ok<PersonsResult>, ProblemHttpResult>> ListPersons(
        [AsParameters] PersonsParameters asked, HttpContext http, PersonsReader persons, CohortPeople cohorts, CancellationToken ct)
    {
        var read = new QueryParameters();
        var limit = read.Limit(asked.Limit, 50, PersonsReader.MaxLimit);
        Guid? cohort = null;
        if (!string.IsNullOrEmpty(asked.Cohort))
        {
            if (Guid.TryParse(asked.Cohort, out var id)) cohort = id;
            else read.Fault("cohort", "must be the id of a cohort");
        }
        PersonCursor? after = null;
        if (!string.IsNullOrEmpty(asked.Cursor) && (after = PersonCursor.Parse(asked.Cursor)) is null)
            read.Fault("cursor", "must be the next_cursor of an answer");
        if (read.Problem is { } problem) return problem;
        var (project, search) = (http.Project().ProjectId, QueryParameters.Text(asked.Search));
        long[]? among = null;
        // Without a search those of the page are the first of them.
        if (cohort is { } of && (among = await cohorts.KeysAsync(project, of, after?.Key, search is null ? limit + 1 : int.MaxValue, ct)) is null)
            return Problem.Of(400, "cohort_not_found", "There is no such cohort in this project.");
        return TypedResults.Ok(await persons.ListAsync(project, search, limit, after, ct, among));
    }

    internal static async Task<Results<Ok<PersonResult>, ProblemHttpResult>> GetPerson(
        [AsParameters] PersonParameters asked, HttpContext http, PersonsReader persons, CancellationToken ct) =>
        await persons.FindAsync(http.Project().ProjectId, asked.Id, ct) is { } person ? TypedResults.Ok(person) : NotFound();

    internal static async Task<Results<Ok<EventsResult>, ProblemHttpResult>> ListPersonEvents(
        [AsParameters] PersonEventsParameters asked, HttpContext http, PersonsReader persons, EventsReader events, CancellationToken ct)
    {
        var read = new QueryParameters();
        var project = http.Project();
        var (from, to) = read.Range(asked.From, asked.To, read.Calendar(asked.Tz, project.TimeZone));
        var limit = read.Limit(asked.Limit, 100, EventsQuery.MaxLimit);
        EventCursor? after = null;
        if (!string.IsNullOrEmpty(asked.Cursor) && (after = EventCursor.Parse(asked.Cursor)) is null)
            read.Fault("cursor", "must be the next_cursor of an answer");
        if (read.Problem is { } problem) return problem;
        if (await persons.FindKeyAsync(project.ProjectId, asked.Id, ct) is not { } person) return NotFound();
        var filter = new EventFilter(QueryParameters.Text(asked.Name), Person: person);
        return TypedResults.Ok(await events.ReadAsync(new(project.ProjectId, filter, from, to, Ascending: false, limit, after), ct));
    }

    private static ProblemHttpResult NotFound() => Problem.Of(404, "person_not_found", "There is no such person in this project.");
}
