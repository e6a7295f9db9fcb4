using System.Diagnostics.Metrics;

namespace Nimbus.QueryService.Querying;

/// <summary>What the query service measures of itself.</summary>
public sealed class QueryMetrics
{
    private readonly Histogram<double> _duration;

    public QueryMetrics(IMeterFactory meters)
    {
        // The factory owns the meter and disposes of it.
        var meter = meters.Create("Nimbus.Query");
        _duration = meter.CreateHistogram<double>("nimbus_query_duration_seconds", "s", "Time of a query in eventsdb, by kind.");
    }

    public void Record(string kind, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
}
