using System.Diagnostics.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.Tests.Query;

/// <summary>Counts look-ups of kept parts while it lives, by whether there was one.</summary>
internal sealed class LookupCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly string _outcome;
    private int _lookups;

    /// <param name="parts">Those of the test: others have meters of their own.</param>
    public LookupCounter(PartCache parts, bool isHit)
    {
        _outcome = isHit ? "hit" : "miss";
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "nimbus_query_cache_lookups_total" && ReferenceEquals(instrument.Meter, parts.Metrics.Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag.Key == "outcome" && (string?)tag.Value == _outcome) Interlocked.Add(ref _lookups, (int)value);
        });
        _listener.Start();
    }

    public int Lookups => _lookups;

    public void Dispose() => _listener.Dispose();
}
