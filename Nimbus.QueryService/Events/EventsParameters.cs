using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.QueryService.Events;

/// <summary>The query string of <c>GET /v1/events</c>, as written.</summary>
internal sealed record EventsParameters(
    [FromQuery(Name = "project_id"), Description("The project; required.")] string? ProjectId,
    [FromQuery(Name = "name"), Description("Events of this name.")] string? Name,
    [FromQuery(Name = "user_id"), Description("Events that were sent with this user id.")] string? UserId,
    [FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz.")] string? From,
    [FromQuery(Name = "to"), Description("Exclusive as a time, included as a date.")] string? To,
    [FromQuery(Name = "tz"), Description("IANA time zone that dates are read in; the project's by default.")] string? Tz,
    [FromQuery(Name = "order"), Description("desc (newest first, default) or asc.")] string? Order,
    [FromQuery(Name = "limit"), Description("1 to 1000, 100 by default.")] string? Limit,
    [FromQuery(Name = "cursor"), Description("next_cursor of the page before.")] string? Cursor);
