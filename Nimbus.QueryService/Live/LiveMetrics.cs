using System.Diagnostics.Metrics;

namespace Nimbus.QueryService.Live;

/// <summary>What the live feed measures of itself.</summary>
internal sealed class LiveMetrics
{
    private readonly UpDownCounter<long> _viewers;
    private readonly Counter<long> _dropped;

    public LiveMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Nimbus.Live");
        _viewers = meter.CreateUpDownCounter<long>("nimbus_live_viewers", null, "Open connections of live viewers.");
        _dropped = meter.CreateCounter<long>("nimbus_live_dropped_total", null, "Messages that a viewer was too slow for, which ended its connection.");
    }

    public void Begin()
    {
        _viewers.Add(0);
        _dropped.Add(0);
    }

    public void Joined() => _viewers.Add(1);

    public void Left() => _viewers.Add(-1);

    public void Dropped() => _dropped.Add(1);
}
