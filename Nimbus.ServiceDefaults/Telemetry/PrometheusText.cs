using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Writes metrics in Prometheus' text format 0.0.4: families in order of name, each with HELP and TYPE once and no series
/// twice; histograms with cumulative buckets. What the process is stands in <c>target_info</c>.
/// </summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder text = new();
    private readonly HashSet<string> written = new(StringComparer.Ordinal);

    public static string Write(IEnumerable<Metric> metrics, Resource resource)
    {
        var writer = new PrometheusText();
        writer.WriteTarget(resource);
        var families = metrics
            .Where(metric => TypeOf(metric) is not null)
            .GroupBy(metric => PrometheusName.OfMetric(metric.Name, metric.Unit, TypeOf(metric) == "counter", metric.MetricType.IsGauge()))
            .OrderBy(family => family.Key, StringComparer.Ordinal);
        foreach (var family in families)
            writer.WriteFamily(family.Key, [.. family]);
        return writer.text.ToString();
    }

    /// <summary>null: exponential histograms have no form in this text, and nothing here makes any.</summary>
    private static string? TypeOf(Metric metric) => metric.MetricType switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => "gauge",
        MetricType.LongGauge or MetricType.DoubleGauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => null,
    };

    private void WriteTarget(Resource resource)
    {
        var labels = new StringBuilder();
        foreach (var (key, value) in resource.Attributes)
            AppendLabel(labels, PrometheusName.OfLabel(key), Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        WriteHead("target_info", "gauge", "The process that these metrics come from.");
        WriteSample("target_info", labels.ToString(), "1");
    }

    private void WriteFamily(string name, IReadOnlyList<Metric> metrics)
    {
        // Two meters may have instruments of one name: the first decides the type, and the meter's name tells them apart.
        var type = TypeOf(metrics[0])!;
        var severalMeters = metrics.Any(metric => metric.MeterName != metrics[0].MeterName);
        WriteHead(name, type, metrics[0].Description);
        foreach (var metric in metrics.Where(metric => TypeOf(metric) == type))
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                var labels = LabelsOf(point, severalMeters ? metric.MeterName : null);
                if (written.Add($"{name}{{{labels}}}"))
                    WritePoint(name, labels, metric.MetricType, point);
            }
    }

    private void WritePoint(string name, string labels, MetricType type, in MetricPoint point)
    {
        if (type.IsHistogram())
            WriteHistogram(name, labels, point);
        else
            WriteSample(name, labels, type switch
            {
                MetricType.LongSum or MetricType.LongSumNonMonotonic => Number(point.GetSumLong()),
                MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => Number(point.GetSumDouble()),
                MetricType.LongGauge => Number(point.GetGaugeLastValueLong()),
                _ => Number(point.GetGaugeLastValueDouble()),
            });
    }

    private void WriteHistogram(string name, string labels, in MetricPoint point)
    {
        var separator = labels.Length > 0 ? "," : "";
        var cumulative = 0L;
        var closed = false;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            closed = double.IsPositiveInfinity(bucket.ExplicitBound);
            WriteSample($"{name}_bucket", $"{labels}{separator}le=\"{Number(bucket.ExplicitBound)}\"", Number(cumulative));
        }
        // A histogram without bounds has a sum and a count only; the text format asks for the last bucket always.
        if (!closed)
            WriteSample($"{name}_bucket", $"{labels}{separator}le=\"+Inf\"", Number(point.GetHistogramCount()));
        WriteSample($"{name}_sum", labels, Number(point.GetHistogramSum()));
        WriteSample($"{name}_count", labels, Number(point.GetHistogramCount()));
    }

    private static string LabelsOf(in MetricPoint point, string? meter)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in point.Tags)
        {
            // Keys that differ only in what Prometheus does not allow share a label, values joined.
            var label = PrometheusName.OfLabel(key);
            var text = TextOf(value);
            values[label] = values.TryGetValue(label, out var other) ? $"{other};{text}" : text;
        }
        if (meter is not null)
            values["otel_scope_name"] = meter;

        var labels = new StringBuilder();
        foreach (var (label, value) in values)
            AppendLabel(labels, label, value);
        return labels.ToString();
    }

    private static string TextOf(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static void AppendLabel(StringBuilder labels, string name, string value)
    {
        if (labels.Length > 0)
            labels.Append(',');
        labels.Append(name).Append("=\"").Append(Escape(value).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
    }

    private void WriteHead(string name, string type, string description)
    {
        text.Append("# HELP ").Append(name).Append(' ').Append(Escape(description)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private void WriteSample(string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(value).Append('\n');
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
