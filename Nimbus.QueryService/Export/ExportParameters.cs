using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.QueryService.Export;

/// <summary>The query string of <c>GET /v1/export/events</c>, as written.</summary>
/// <remarks>Attributes are on the properties: the OpenAPI generator fails over those of a constructor.</remarks>
internal sealed record ExportParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "format"), Description("jsonl (every field, default) or csv (the layout of nimbus import).")]
    string? Format,
    [property: FromQuery(Name = "name"), Description("Events of this name.")]
    string? Name,
    [property: FromQuery(Name = "user_id"), Description("Events that were sent with this user id.")]
    string? UserId,
    [property: FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz; the beginning by default.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("Exclusive as a time, included as a date; the end by default.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("IANA time zone that dates are read in; the project's by default.")]
    string? Tz);
