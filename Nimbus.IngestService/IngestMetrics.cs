using System.Diagnostics;
using System.Diagnostics.Metrics;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService;

/// <summary>What intake and writer count. Prometheus shows the names with underscores, units spelled out and _total.</summary>
internal sealed class IngestMetrics
{
    private readonly Counter<long> _received;
    private readonly Counter<long> _ingested;
    private readonly Counter<long> _duplicate;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _erased;
    private readonly Counter<long> _largePersons;
    private readonly Counter<long> _expired;
    private readonly Histogram<double> _duration;
    private volatile object? _lagSeconds;
    private volatile object? _pending;
    private volatile object? _deadLetters;
    private volatile object? _activeProjects;
    private volatile object? _databaseBytes;

    public IngestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Nimbus.Ingest");
        _received = meter.CreateCounter<long>("nimbus.events.received", description: "Events that arrived at intake.");
        _ingested = meter.CreateCounter<long>("nimbus.events.ingested", description: "Events that were stored.");
        _duplicate = meter.CreateCounter<long>("nimbus.events.duplicate", description: "Events that had been stored before.");
        _rejected = meter.CreateCounter<long>("nimbus.events.rejected", description: "Events that were refused, by reason.");
        _erased = meter.CreateCounter<long>("nimbus.events.erased", description: "Events that were not stored since their person had been erased.");
        _largePersons = meter.CreateCounter<long>("nimbus.persons.large", description: "Links and merges that left a person with more than 500 ids.");
        _expired = meter.CreateCounter<long>("nimbus.events.expired", description: "Events that were deleted since their project no longer keeps them.");
        _duration = meter.CreateHistogram<double>("nimbus.ingest.duration", "s", "Time from a request of events to its answer.");
        meter.CreateObservableGauge("nimbus.pipeline.lag", () => Seen<double>(_lagSeconds), "s", "Age of the oldest entry that is not stored.");
        meter.CreateObservableGauge("nimbus.pipeline.pending", () => Seen<long>(_pending), description: "Entries of the stream that are not stored.");
        meter.CreateObservableGauge("nimbus.dead_letters", () => Seen<long>(_deadLetters), description: "Events that could not be stored.");
        meter.CreateObservableGauge("nimbus.active_projects", () => Seen<long>(_activeProjects), description: "Projects of which something was stored in the last hour.");
        meter.CreateObservableGauge("nimbus.database.size", () => Seen<long>(_databaseBytes), "By", "What eventsdb takes on its disk.");
    }

    /// <summary>Zero of what intake counts.</summary>
    public void BeginIntake()
    {
        _received.Add(0);
        _largePersons.Add(0);
        foreach (var reason in Enum.GetValues<DropReason>())
            _rejected.Add(0, new KeyValuePair<string, object?>("reason", reason.Code()));
    }

    /// <summary>Zero of what the writer counts.</summary>
    public void BeginWriting()
    {
        foreach (var counter in (Counter<long>[])[_ingested, _duplicate, _erased, _expired, _largePersons])
            counter.Add(0);
    }

    public void Received(int count) => _received.Add(count);

    public void Rejected(DropReason reason) => _rejected.Add(1, new KeyValuePair<string, object?>("reason", reason.Code()));

    public void Ingested(int count) => _ingested.Add(count);

    public void Duplicate(int count) => _duplicate.Add(count);

    public void Erased(int count) => _erased.Add(count);

    public void LargePerson() => _largePersons.Add(1);

    public void Expired(int count) => _expired.Add(count);

    public void SetLag(TimeSpan lag) => _lagSeconds = lag.TotalSeconds;

    public void SetPending(long entries) => _pending = entries;

    public void SetDatabaseSize(long bytes) => _databaseBytes = bytes;

    public void SetDeadLetters(long count) => _deadLetters = count;

    public void SetActiveProjects(long count) => _activeProjects = count;

    /// <summary>Measures until it is disposed.</summary>
    public RequestTimer TimeRequest() => new(_duration);

    /// <summary>Nothing from who has not looked: intake knows neither, and 0 would be a claim.</summary>
    private static Measurement<T>[] Seen<T>(object? value) where T : struct => value is T seen ? [new Measurement<T>(seen)] : [];

    internal readonly struct RequestTimer(Histogram<double> histogram) : IDisposable
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public void Dispose() => histogram.Record(Stopwatch.GetElapsedTime(_start).TotalSeconds);
    }
}
