using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.QueryService.Stats;

/// <summary>The query string of <c>GET /v1/stats/dau</c>, as written.</summary>
/// <remarks>Attributes are on the properties: the OpenAPI generator fails over those of a constructor.</remarks>
internal sealed record DailyUsersParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "from"), Description("The first day; 29 days before the last by default.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("The last day, included; today by default.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("IANA time zone of the days; the project's by default.")]
    string? Tz);

/// <summary>The query string of <c>GET /v1/stats/top-events</c>, as written.</summary>
internal sealed record TopEventsParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz; the beginning by default.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("Exclusive as a time, included as a date; the end by default.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("IANA time zone that dates are read in; the project's by default.")]
    string? Tz,
    [property: FromQuery(Name = "limit"), Description("1 to 1000, 10 by default.")]
    string? Limit);
