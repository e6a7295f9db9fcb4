using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.QueryService.Metrics;

/// <summary>The query string of <c>GET /v1/metrics</c>, as written.</summary>
internal sealed record MetricsParameters(
    [FromQuery(Name = "project_id"), Description("The project; required.")] string? ProjectId,
    [FromQuery(Name = "bucket"), Description("1m, 5m, 15m, 1h (default), 1d, 1w or 1mo.")] string? Bucket,
    [FromQuery(Name = "limit"), Description("How many buckets without from; 24 by default, at most 10000.")] string? Limit,
    [FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz.")] string? From,
    [FromQuery(Name = "to"), Description("Exclusive as a time, included as a date; now by default.")] string? To,
    [FromQuery(Name = "tz"), Description("IANA time zone of buckets and dates; the project's by default.")] string? Tz,
    [FromQuery(Name = "name"), Description("Events of this name.")] string? Name,
    [FromQuery(Name = "user_id"), Description("Events that were sent with this user id.")] string? UserId,
    [FromQuery(Name = "measure"), Description("count (default), users, or sum, avg, min, max, p50, p90, p99 of a property, as in sum:price.")]
    string? Measure,
    [FromQuery(Name = "group_by"), Description("Split by the values of this property.")] string? GroupBy);
