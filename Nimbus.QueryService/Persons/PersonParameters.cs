using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.QueryService.Persons;

/// <summary>The query string of <c>GET /v1/persons</c>, as written.</summary>
/// <remarks>Attributes are on the properties: the OpenAPI generator fails over those of a constructor.</remarks>
internal sealed record PersonsParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "search"), Description("Part of a user or anonymous id, in any case.")]
    string? Search,
    [property: FromQuery(Name = "cohort"), Description("Id of a cohort: only the people who are in it.")]
    string? Cohort,
    [property: FromQuery(Name = "limit"), Description("1 to 100, 50 by default.")]
    string? Limit,
    [property: FromQuery(Name = "cursor"), Description("next_cursor of the page before.")]
    string? Cursor);

/// <summary>The path and query string of <c>GET /v1/persons/{id}</c>, as written.</summary>
internal sealed record PersonParameters(
    [property: FromRoute(Name = "id"), Description("Id of the person.")]
    Guid Id,
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId);

/// <summary>The path and query string of <c>GET /v1/persons/{id}/events</c>, as written.</summary>
internal sealed record PersonEventsParameters(
    [property: FromRoute(Name = "id"), Description("Id of the person.")]
    Guid Id,
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "name"), Description("Events of this name.")]
    string? Name,
    [property: FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("Exclusive as a time, included as a date.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("IANA time zone that dates are read in; the project's by default.")]
    string? Tz,
    [property: FromQuery(Name = "limit"), Description("1 to 1000, 100 by default.")]
    string? Limit,
    [property: FromQuery(Name = "cursor"), Description("next_cursor of the page before.")]
    string? Cursor);
