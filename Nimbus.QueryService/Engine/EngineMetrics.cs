using System.Diagnostics.Metrics;

namespace Nimbus.QueryService.Engine;

/// <summary>What the engine measures of itself. Prometheus shows the names with underscores, units spelled out and _total.</summary>
public sealed class EngineMetrics
{
    private readonly Counter<long> _rebuilt;
    private volatile EngineFigures _figures = new(TimeSpan.Zero, 0, 0, 0, 0, 0);

    public EngineMetrics(IMeterFactory meters)
    {
        // The factory owns the meter and disposes of it.
        var meter = meters.Create("Nimbus.Engine");
        meter.CreateObservableGauge("nimbus.engine.lag", () => _figures.Lag.TotalSeconds, "s", "For how long the project that is furthest behind has known of changes that it lacks.");
        meter.CreateObservableGauge("nimbus.engine.behind", () => _figures.Behind, description: "Changes that open projects know of and lack.");
        meter.CreateObservableGauge("nimbus.engine.projects", () => _figures.Projects, description: "Projects that are open.");
        meter.CreateObservableGauge("nimbus.engine.events", () => _figures.Events, description: "Events of open projects.");
        meter.CreateObservableGauge("nimbus.engine.memory", () => _figures.MemoryBytes, "By", "Memory of open projects beside what is mapped.");
        meter.CreateObservableGauge("nimbus.engine.mapped", () => _figures.MappedBytes, "By", "Segment files that are mapped.");
        _rebuilt = meter.CreateCounter<long>("nimbus.engine.rebuilt", description: "Projects that were built from eventsdb as a whole.");
    }

    public void Begin() => _rebuilt.Add(0);

    public void Rebuilt() => _rebuilt.Add(1);

    internal void Set(EngineFigures figures) => _figures = figures;
}

/// <summary>How all open projects are.</summary>
internal sealed record EngineFigures(TimeSpan Lag, long Behind, long Projects, long Events, long MemoryBytes, long MappedBytes);
