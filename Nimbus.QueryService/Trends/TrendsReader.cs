using Nimbus.QueryService.Measures;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Trends;

/// <summary>Computes trends: the lines of each series, or of the formula over them, and the same of the period before.</summary>
public static class TrendsReader
{
    public static TrendsResult Run(TrendsQuery query, QueryRun run)
    {
        var question = new MeasureQuestion(
            [.. query.Series.Select(series => new MeasuredSeries(series.Events, series.Measure))], query.Where, query.GroupBy,
            query.GroupLimit, SharesGroups: query.Formula is not null, query.ScanKey);
        var reader = new MeasureReader(question, run);
        var groups = reader.Largest(query.Range);
        return new(
            Lines(query, reader, query.Range, groups),
            query.Previous is { } previous ? Lines(query, reader, previous, groups) : null);
    }

    private static List<TrendsLine> Lines(
        TrendsQuery query, MeasureReader reader, BucketedRange range, IReadOnlyList<ShownGroups> groups)
    {
        var measured = query.Series.Select((_, series) => reader.Lines(series, range, groups[series])).ToList();
        if (query.Formula is { } formula)
            return [.. measured[0].Select((first, line) => OfFormula(formula, range, first, [.. measured.Select(series => series[line])]))];
        return [.. query.Series.SelectMany((series, i) => measured[i].Select(line => Line(series.Label, range, line, line.Values, line.Total)))];
    }

    // The series of a formula have the same groups, so their lines go together.
    private static TrendsLine OfFormula(TrendsFormula formula, BucketedRange range, MeasuredLine line, MeasuredLine[] series)
    {
        return Line(
            formula.Text, range, line, [.. line.Values.Select((_, bucket) => Value(of => of.Values[bucket]))], Value(of => of.Total));

        RawNumber? Value(Func<MeasuredLine, RawNumber?> of) =>
            formula.Of([.. series.Select(one => MeasureCells.Number(of(one)))]) is { } value ? MeasureCells.Text(value) : null;
    }

    private static TrendsLine Line(
        string label, BucketedRange range, MeasuredLine line, IReadOnlyList<RawNumber?> values, RawNumber? total) => new(
        label, line.GroupJson, line.IsOther, SeriesPoint.Of(range, values), total);
}
