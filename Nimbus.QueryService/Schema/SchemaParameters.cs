using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.QueryService.Schema;

/// <summary>The query string of <c>GET /v1/schema/events</c>, as written.</summary>
/// <remarks>Attributes are on the properties: the OpenAPI generator fails over those of a constructor.</remarks>
internal sealed record EventNamesParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz; the beginning by default.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("Exclusive as a time, included as a date; the end by default.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("IANA time zone that dates are read in; the project's by default.")]
    string? Tz,
    [property: FromQuery(Name = "limit"), Description("1 to 1000, 1000 by default.")]
    string? Limit);

/// <summary>The path and query string of <c>GET /v1/schema/events/{name}/properties</c>, as written.</summary>
internal sealed record PropertiesParameters(
    [property: FromRoute(Name = "name"), Description("Name of the events.")]
    string Name,
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId);

/// <summary>The path and query string of <c>GET /v1/schema/events/{name}/properties/{key}/values</c>, as written.</summary>
internal sealed record PropertyValuesParameters(
    [property: FromRoute(Name = "name"), Description("Name of the events.")]
    string Name,
    [property: FromRoute(Name = "key"), Description("A key at the top level of the properties.")]
    string Key,
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "limit"), Description("1 to 1000, 100 by default.")]
    string? Limit);
