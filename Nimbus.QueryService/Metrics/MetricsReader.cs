using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Measures;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Metrics;

/// <summary>Computes measures over buckets.</summary>
public static class MetricsReader
{
    public static MetricsResult Run(MetricsQuery query, QueryRun run)
    {
        var group = query.GroupBy is { } key ? new GroupKey(PropertySource.Props, key) : null;
        var question = new MeasureQuestion(
            [new(new(query.Filter.Name), query.Measure)], query.Where, group, MetricsQuery.MaxGroups, ScanKey: query.ScanKey);
        var reader = new MeasureReader(question, run);
        var lines = reader.Lines(0, query.Range, reader.Largest(query.Range)[0]);
        var (metric, bucket) = ($"events.{query.Measure}", query.Bucket.Name());
        return group is null
            ? new(metric, bucket, SeriesPoint.Of(query.Range, lines[0].Values), Groups: null)
            : new(metric, bucket, Series: null,
                [.. lines.Select(line => new MetricsGroup(line.GroupJson!.Value, SeriesPoint.Of(query.Range, line.Values), line.IsOther))]);
    }
}
