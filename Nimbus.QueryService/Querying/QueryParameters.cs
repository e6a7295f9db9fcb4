using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Querying;

/// <summary>Reads the parameters of one request and gathers every fault, so that one answer names them all.</summary>
/// <remarks>An empty value is as good as none. After a fault the value returned is a default, not to be used.</remarks>
public sealed class QueryParameters
{
    private readonly Dictionary<string, string[]> _errors = [];

    /// <summary>The 400 that names every fault, or null when there is none.</summary>
    public ProblemHttpResult? Problem => _errors.Count == 0 ? null : ServiceDefaults.Problem.Invalid(_errors);

    /// <summary>Records a fault of a parameter; the first one stands.</summary>
    public void Fault(string parameter, string message) => _errors.TryAdd(parameter, [message]);

    public static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : StoredText.Of(value);

    public int Limit(string? value, int @default, int max)
    {
        if (string.IsNullOrEmpty(value)) return @default;
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1
            && limit <= max)
            return limit;
        Fault("limit", $"must be a whole number from 1 to {max}");
        return @default;
    }

    /// <summary>The zone asked for, else the project's.</summary>
    public LocalCalendar Calendar(string? tz, string projectZone)
    {
        var id = string.IsNullOrEmpty(tz) ? projectZone : tz;
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(id) is { } zone) return new(zone);
        Fault("tz", "must be a time zone of the IANA database, such as Europe/Paris or UTC");
        return new(DateTimeZone.Utc);
    }

    /// <summary>The range [from, to); each end null where neither it nor a default was given.</summary>
    public (Instant? From, Instant? To) Range(
        string? from, string? to, LocalCalendar calendar, Instant? defaultTo = null)
    {
        var start = Time("from", from)?.AsFrom(calendar);
        var end = Time("to", to)?.AsTo(calendar) ?? defaultTo;
        if (start >= end) Fault("from", "must be before to");
        return (start, end);
    }

    public QueryTime? Time(string parameter, string? value)
    {
        if (string.IsNullOrEmpty(value)) return null;
        var time = QueryTime.Parse(value);
        if (time is null) Fault(parameter, "must be a date (2026-03-01) or an RFC 3339 time (2026-03-01T12:00:00Z)");
        return time;
    }

    /// <summary>The name and the user id given, and the <c>props.KEY=V</c> of the query string.</summary>
    public EventFilter Filter(string? name, string? userId, HttpRequest request)
    {
        var filters = PropertyFilter.Read(request.QueryString.Value);
        if (filters.Count > EventFilter.MaxProperties)
            Fault("props", $"at most {EventFilter.MaxProperties} properties can be filtered on at once");
        return new(Text(name), Text(userId), filters);
    }
}
