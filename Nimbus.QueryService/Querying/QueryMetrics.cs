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
        _duration = meter.CreateHistogram(
            "nimbus_query_duration_seconds", "s", "Time of a query in eventsdb, by kind.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
            });
    }

    public void Record(string kind, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
}
