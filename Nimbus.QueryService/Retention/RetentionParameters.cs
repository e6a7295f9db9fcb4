using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Retention;

/// <summary>The query string of <c>GET /v1/stats/retention</c>, as written.</summary>
/// <remarks>Attributes are on the properties: the OpenAPI generator fails over those of a constructor.</remarks>
internal sealed record RetentionParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "start_date"), Description("A day of the first cohort; required.")]
    string? StartDate,
    [property: FromQuery(Name = "windows"), Description("How many cohorts and how many windows each, 1 to 100; 3 by default.")]
    string? Windows,
    [property: FromQuery(Name = "window_type"), Description("daily (default), weekly or monthly.")]
    string? WindowType,
    [property: FromQuery(Name = "tz"), Description("IANA time zone of the windows; the project's by default.")]
    string? Tz)
{
    private const int MaxWindows = 100;

    /// <returns>Null only where <paramref name="read"/> has a problem.</returns>
    public RetentionQuery? Understand(QueryParameters read, string projectZone, Instant now)
    {
        var calendar = read.Calendar(Tz, projectZone);
        if (string.IsNullOrEmpty(StartDate)) read.Fault("start_date", "is required");
        var start = read.Time("start_date", StartDate)?.AsDay(calendar);
        var size = WindowType switch
        {
            null or "" or "daily" => BucketSize.Day,
            "weekly" => BucketSize.Week,
            "monthly" => BucketSize.Month,
            _ => (BucketSize?)null,
        };
        if (size is null) read.Fault("window_type", "must be daily, weekly or monthly");
        var windows = 3;
        if (!string.IsNullOrEmpty(Windows)
            && !(int.TryParse(Windows, NumberStyles.None, CultureInfo.InvariantCulture, out windows) && windows is >= 1 and <= MaxWindows))
            read.Fault("windows", $"must be a whole number from 1 to {MaxWindows}");
        if (read.Problem is not null || start is not { } first) return null;

        // The last cohort is followed as long as the first: so many windows after its own.
        var buckets = new Buckets(calendar, size!.Value);
        var from = buckets.StartOf(calendar.StartOfDay(first));
        var count = 2 * windows - 1;
        var far = calendar.StartOfDay(first.PlusDays((count + 2) * 31));
        var starts = buckets.Covering(from, far)!.Starts;
        return new(new(), new(), new BucketedRange([.. starts.Take(count)], from, starts[count]), windows, windows,
            now.ToUnixTimeMilliseconds())
        {
            IsActivity = true,
        };
    }
}
