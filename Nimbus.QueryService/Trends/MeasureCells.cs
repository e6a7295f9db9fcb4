using System.Globalization;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Trends;

/// <summary>A measure of numbers or of events, in cells: one for each bucket and group.</summary>
internal sealed class MeasureCells(Measure measure, PropertyColumn? column, QueryRun run)
{
    // Sums are kept as this part of themselves, so that no sum of doubles is too large for one.
    private const double Scale = 1.0 / (1L << 60);

    private long[] _counts = [];
    private double[] _sums = [];
    private double[] _errors = [];
    private int[] _codes = [];
    private List<double>?[] _numbers = [];

    private bool HasNumbers => measure.Kind >= MeasureKind.P50;

    /// <summary>Makes room for cells.</summary>
    public void Reserve(int cells)
    {
        if (_counts.Length >= cells) return;
        var size = Math.Max(cells, _counts.Length * 2);
        run.Take((size - _counts.Length) * 28L);
        Array.Resize(ref _counts, size);
        if (measure.Kind is MeasureKind.Sum or MeasureKind.Avg)
        {
            Array.Resize(ref _sums, size);
            Array.Resize(ref _errors, size);
        }
        if (measure.Kind is MeasureKind.Min or MeasureKind.Max) Array.Resize(ref _codes, size);
        if (HasNumbers) Array.Resize(ref _numbers, size);
    }

    /// <param name="code">The event's value of the measure's property.</param>
    public void Add(int cell, int code)
    {
        if (measure.Property is null)
        {
            _counts[cell]++;
            return;
        }
        var number = column?.Number(code) ?? double.NaN;
        if (double.IsNaN(number)) return;
        _counts[cell]++;
        switch (measure.Kind)
        {
            case MeasureKind.Sum or MeasureKind.Avg:
                AddToSum(cell, number * Scale);
                break;
            case MeasureKind.Min or MeasureKind.Max:
                if (_codes[cell] == 0 || IsBeyond(code, number, _codes[cell])) _codes[cell] = code;
                break;
            default:
                run.Take(sizeof(double) * 2);
                (_numbers[cell] ??= []).Add(Math.Abs(number) < 1e-300 ? 0 : Math.Clamp(number, -8e307, 8e307));
                break;
        }
    }

    /// <summary>One more of somebody: the cells count people.</summary>
    public void AddPerson(int cell) => _counts[cell]++;

    public RawNumber? Value(int cell)
    {
        if (cell >= _counts.Length || _counts[cell] == 0) return measure.Empty;
        return measure.Kind switch
        {
            MeasureKind.Count or MeasureKind.Users => new(_counts[cell].ToString(CultureInfo.InvariantCulture)),
            MeasureKind.Sum => Text((_sums[cell] + _errors[cell]) / Scale),
            MeasureKind.Avg => Text((_sums[cell] + _errors[cell]) / _counts[cell] / Scale),
            MeasureKind.Min or MeasureKind.Max => new(column![_codes[cell]].Text),
            MeasureKind.P50 => Text(Percentile(_numbers[cell]!, 0.5)),
            MeasureKind.P90 => Text(Percentile(_numbers[cell]!, 0.9)),
            _ => Text(Percentile(_numbers[cell]!, 0.99)),
        };
    }

    public static double? Number(RawNumber? value) =>
        value is { } number ? double.Parse(number.Text, CultureInfo.InvariantCulture) : null;

    // A sum beyond the largest double is answered as that.
    public static RawNumber Text(double value) =>
        new(Math.Clamp(value, double.MinValue, double.MaxValue).ToString("R", CultureInfo.InvariantCulture));

    // Neumaier's sum: what an addition rounds away is kept beside it.
    private void AddToSum(int cell, double number)
    {
        var sum = _sums[cell] + number;
        _errors[cell] += Math.Abs(_sums[cell]) >= Math.Abs(number) ? _sums[cell] - sum + number : number - sum + _sums[cell];
        _sums[cell] = sum;
    }

    private bool IsBeyond(int code, double number, int known)
    {
        if (code == known) return false;
        var order = number.CompareTo(column!.Number(known));
        // As doubles they may be equal and still differ in a digit.
        if (order == 0) order = PropertyValue.InOrder.Compare(column[code], column[known]);
        return measure.Kind == MeasureKind.Min ? order < 0 : order > 0;
    }

    private static double Percentile(List<double> numbers, double fraction)
    {
        numbers.Sort();
        var rank = fraction * (numbers.Count - 1);
        var low = (int)Math.Floor(rank);
        var high = Math.Min(low + 1, numbers.Count - 1);
        return numbers[low] + (rank - low) * (numbers[high] - numbers[low]);
    }
}
