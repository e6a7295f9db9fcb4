using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Nimbus.ServiceDefaults;

/// <summary>Turns a collection of the SDK into the Prometheus text format.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    /// <summary>The last collection.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Set by the reader: collects once, and calls <see cref="Export"/> with what there is.</summary>
    public Func<int, bool>? Collect { get; set; }

    public void Clear() => Text = "";

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var metrics = new List<Metric>();
        foreach (var metric in batch)
            metrics.Add(metric);
        Text = PrometheusText.Write(metrics, ParentProvider.GetResource());
        return ExportResult.Success;
    }
}
