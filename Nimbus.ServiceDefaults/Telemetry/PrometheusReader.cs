using OpenTelemetry.Metrics;

namespace Nimbus.ServiceDefaults;

/// <summary>Collects all metrics on demand and gives them as Prometheus text. Scrapes at the same time wait for each other.</summary>
internal sealed class PrometheusReader : BaseExportingMetricReader
{
    private readonly PrometheusExporter text;
    private readonly SemaphoreSlim turn = new(1, 1);

    public PrometheusReader() : this(new PrometheusExporter())
    {
    }

    private PrometheusReader(PrometheusExporter text) : base(text)
    {
        this.text = text;
    }

    public async Task<string> ScrapeAsync(CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            text.Clear();
            text.Collect!(Timeout.Infinite);
            return text.Text;
        }
        finally
        {
            turn.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            turn.Dispose();
        base.Dispose(disposing);
    }
}
