using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Trends;

/// <summary>One series of a trend.</summary>
public sealed record TrendsSeries(EventPattern Events, Measure Measure, string Label);

/// <summary>What a trend asks for (docs/metrics.md#trends).</summary>
/// <param name="ScanKey">See <see cref="QueryDocument.ScanKey"/>.</param>
/// <param name="Previous">The buckets to compare with, as many as in <paramref name="Range"/>.</param>
public sealed record TrendsQuery(
    IReadOnlyList<TrendsSeries> Series, BucketedRange Range, BucketedRange? Previous = null, TrendsFormula? Formula = null,
    Where? Where = null, GroupKey? GroupBy = null, int GroupLimit = 20, string? ScanKey = null)
{
    public const int MaxSeries = 10;

    public static TrendsQuery Read(QueryDocument document)
    {
        var series = document.List(document.Root, "", "series", 1, MaxSeries).Select((one, i) =>
        {
            var pattern = document.Pattern(one, $"series[{i}]");
            var text = document.Text(one, $"series[{i}].", "measure", maxLength: 300);
            var measure = text is null ? Measure.Count : Measure.Parse(text);
            if (measure is null)
                document.Fault($"series[{i}].measure", "must be count, users, or sum, avg, min, max, p50, p90 or p99 of a property, as in sum:price");
            return new TrendsSeries(pattern, measure ?? Measure.Count,
                document.Text(one, $"series[{i}].", "label") ?? pattern.Name ?? "all events");
        }).ToList();
        var bucket = document.Bucket();
        var range = document.Buckets(bucket);
        TrendsFormula? formula = null;
        if (document.Text(document.Root, "", "formula") is { } written)
        {
            formula = TrendsFormula.Parse(written, series.Count);
            if (formula is null) document.Fault("formula", "must be made of series (A is the first), numbers, + - * / and brackets");
        }
        var compares = document.Choice("compare", ("none", false), ("previous_period", true));
        return new(
            series, range, compares ? PreviousOf(range, new Buckets(document.Calendar, bucket)) : null, formula,
            document.Where, document.GroupBy(), document.Whole(document.Root, "", "group_limit", 20, 1, 100), document.ScanKey);
    }

    // As many buckets before these; where the range begins or ends within a bucket, so does the one before.
    private static BucketedRange PreviousOf(BucketedRange range, Buckets buckets)
    {
        var starts = buckets.Last(range.Starts.Count, range.Starts[0]).Starts;
        var from = starts[0] + (range.From - range.Starts[0]);
        var end = range.Starts[0];
        var isWhole = buckets.StartOf(range.To) == range.To;
        return new(starts, from, isWhole ? end : Instant.Min(end, starts[^1] + (range.To - range.Starts[^1])));
    }
}
