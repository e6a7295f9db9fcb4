using System.Diagnostics.Metrics;

namespace Nimbus.QueryService.Querying;

/// <summary>How a query ended.</summary>
public enum QueryOutcome
{
    Answered,

    /// <summary>From the answers that are kept, without running.</summary>
    Kept,

    /// <summary>The caller went away.</summary>
    Cancelled,

    TimedOut,

    /// <summary>Turned away: too many were running.</summary>
    Busy,

    /// <summary>It asked for more than a query may cost, or for what there is not.</summary>
    Refused,

    Failed,
}

/// <summary>What the query service measures of itself.</summary>
public sealed class QueryMetrics
{
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _queries;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _reads;
    private readonly Counter<long> _passedOver;

    public QueryMetrics(IMeterFactory meters)
    {
        // The factory owns the meter and disposes of it.
        Meter = meters.Create("Nimbus.Query");
        _duration = Meter.CreateHistogram(
            "nimbus_query_duration_seconds", "s", "Time of a query once it had its turn, by kind.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
            });
        _queries = Meter.CreateCounter<long>("nimbus_queries_total", "{query}", "Queries, by kind and outcome.");
        _lookups = Meter.CreateCounter<long>(
            "nimbus_query_cache_lookups_total", "{lookup}", "Look-ups of whole answers and of parts of them, by whether there was one.");
        _reads = Meter.CreateCounter<long>("nimbus_eventsdb_reads_total", "{read}", "Reads of a project from eventsdb, by the server.");
        _passedOver = Meter.CreateCounter<long>(
            "nimbus_read_replica_passed_over_total", "{read}", "Times that the read replica could not be read, by reason.");
        Running = Meter.CreateUpDownCounter<long>("nimbus_queries_running", "{query}", "Queries that run.");
        Waiting = Meter.CreateUpDownCounter<long>("nimbus_queries_waiting", "{query}", "Queries that wait for their turn.");
    }

    internal Meter Meter { get; }

    public UpDownCounter<long> Running { get; }

    public UpDownCounter<long> Waiting { get; }

    public void Begin()
    {
        Running.Add(0);
        Waiting.Add(0);
        _reads.Add(0, new KeyValuePair<string, object?>("server", "primary"));
        _reads.Add(0, new KeyValuePair<string, object?>("server", "replica"));
        foreach (var reason in (string[])["behind", "away", "conflict"])
            _passedOver.Add(0, new KeyValuePair<string, object?>("reason", reason));
    }

    public void Record(string kind, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));

    public void Count(string kind, QueryOutcome outcome) => _queries.Add(1,
        new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", Word(outcome)));

    /// <param name="cache"><c>answers</c> or <c>parts</c>.</param>
    public void CountLookup(string cache, bool isHit) => _lookups.Add(1,
        new KeyValuePair<string, object?>("cache", cache), new KeyValuePair<string, object?>("outcome", isHit ? "hit" : "miss"));

    public void CountRead(bool fromReplica) =>
        _reads.Add(1, new KeyValuePair<string, object?>("server", fromReplica ? "replica" : "primary"));

    /// <param name="reason"><c>behind</c>; <c>away</c>; <c>conflict</c>: the primary removed what was being read.</param>
    public void CountPassedOver(string reason) => _passedOver.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Tells the size of a cache when it is asked for.</summary>
    public void WatchCache(string cache, Func<long> bytes) => Meter.CreateObservableGauge(
        $"nimbus_query_{cache}_kept_bytes", bytes, "By", $"Memory that kept {cache} take.");

    private static string Word(QueryOutcome outcome) => outcome switch
    {
        QueryOutcome.Answered => "answered",
        QueryOutcome.Kept => "kept",
        QueryOutcome.Cancelled => "cancelled",
        QueryOutcome.TimedOut => "timed_out",
        QueryOutcome.Busy => "busy",
        QueryOutcome.Refused => "refused",
        _ => "failed",
    };
}
