using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.QueryService.Metrics;

/// <summary>The query string of <c>GET /v1/metrics</c>, as written.</summary>
/// <remarks>Attributes are on the properties: the OpenAPI generator fails over those of a constructor.</remarks>
internal sealed record MetricsParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "bucket"), Description("1m, 5m, 15m, 1h (default), 1d, 1w or 1mo.")]
    string? Bucket,
    [property: FromQuery(Name = "limit"), Description("How many buckets without from; 24 by default, at most 10000.")]
    string? Limit,
    [property: FromQuery(Name = "from"), Description("Inclusive: an RFC 3339 time, or a date in tz.")]
    string? From,
    [property: FromQuery(Name = "to"), Description("Exclusive as a time, included as a date; now by default.")]
    string? To,
    [property: FromQuery(Name = "tz"), Description("IANA time zone of buckets and dates; the project's by default.")]
    string? Tz,
    [property: FromQuery(Name = "name"), Description("Events of this name.")]
    string? Name,
    [property: FromQuery(Name = "user_id"), Description("Events that were sent with this user id.")]
    string? UserId,
    [property: FromQuery(Name = "measure")]
    [property: Description("count (default), users, or sum, avg, min, max, p50, p90, p99 of a property: sum:price.")]
    string? Measure,
    [property: FromQuery(Name = "group_by"), Description("Split by the values of this property.")]
    string? GroupBy);
