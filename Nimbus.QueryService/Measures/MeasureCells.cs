using System.Globalization;
using System.Runtime.InteropServices;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Measures;

/// <summary>A measure in cells: one for each bucket and group. Cells of different scans can be added up.</summary>
/// <param name="column">Of the measure's property; null where it has none, or no event has it.</param>
internal sealed class MeasureCells(Measure measure, PropertyColumn? column)
{
    // Sums are kept as this part of themselves, so that no sum of doubles is too large for one.
    private const double Scale = 1.0 / (1L << 60);

    private long[] _counts = [];
    private double[] _sums = [];
    private double[] _errors = [];
    private int[] _codes = [];
    private List<double>?[] _numbers = [];

    /// <summary>All that it holds now.</summary>
    public long Bytes => (_counts.Length * 8L) + (_sums.Length * 16L) + (_codes.Length * 4L) + (_numbers.Length * 8L)
        + (HasNumbers ? _numbers.Sum(numbers => (numbers?.Capacity ?? -4) * 8L + 32) : 0);

    private bool HasNumbers => measure.Kind >= MeasureKind.P50;

    private bool IsSum => measure.Kind is MeasureKind.Sum or MeasureKind.Avg;

    /// <summary>Makes room for cells.</summary>
    public void Reserve(int cells)
    {
        if (_counts.Length >= cells) return;
        var size = Math.Max(cells, _counts.Length * 2);
        Array.Resize(ref _counts, size);
        if (IsSum)
        {
            Array.Resize(ref _sums, size);
            Array.Resize(ref _errors, size);
        }
        if (measure.Kind is MeasureKind.Min or MeasureKind.Max) Array.Resize(ref _codes, size);
        if (HasNumbers) Array.Resize(ref _numbers, size);
    }

    /// <summary>So many more: events, or people.</summary>
    public void Count(int cell, long count) => _counts[cell] += count;

    /// <summary>An event, whose value of the measure's property has this code.</summary>
    public void Add(int cell, int code)
    {
        var number = column!.Number(code);
        if (double.IsNaN(number)) return;
        _counts[cell]++;
        switch (measure.Kind)
        {
            case MeasureKind.Sum or MeasureKind.Avg:
                AddToSum(cell, number * Scale);
                break;
            case MeasureKind.Min or MeasureKind.Max:
                if (_codes[cell] == 0 || IsBeyond(code, _codes[cell])) _codes[cell] = code;
                break;
            default:
                (_numbers[cell] ??= []).Add(Math.Abs(number) < 1e-300 ? 0 : Math.Clamp(number, -8e307, 8e307));
                break;
        }
    }

    /// <summary>All that a cell of others holds; they are of the same snapshot, or all shared.</summary>
    public void Add(int cell, MeasureCells others, int other)
    {
        if (other >= others._counts.Length || others._counts[other] == 0) return;
        _counts[cell] += others._counts[other];
        if (IsSum)
        {
            AddToSum(cell, others._sums[other]);
            _errors[cell] += others._errors[other];
        }
        else if (_codes.Length > 0)
        {
            if (_codes[cell] == 0 || IsBeyond(others._codes[other], _codes[cell])) _codes[cell] = others._codes[other];
        }
        else if (HasNumbers) (_numbers[cell] ??= []).AddRange(others._numbers[other]!);
    }

    /// <summary>The value of a cell; null where it has none.</summary>
    public RawNumber? Value(int cell)
    {
        if (cell >= _counts.Length || _counts[cell] == 0) return measure.Empty;
        return measure.Kind switch
        {
            MeasureKind.Count or MeasureKind.Users => new(_counts[cell].ToString(CultureInfo.InvariantCulture)),
            MeasureKind.Sum => Text((_sums[cell] + _errors[cell]) / Scale),
            MeasureKind.Avg => Text((_sums[cell] + _errors[cell]) / _counts[cell] / Scale),
            MeasureKind.Min or MeasureKind.Max => new(column![_codes[cell]].Text),
            MeasureKind.P50 => Text(Percentile(CollectionsMarshal.AsSpan(_numbers[cell]), 0.5)),
            MeasureKind.P90 => Text(Percentile(CollectionsMarshal.AsSpan(_numbers[cell]), 0.9)),
            _ => Text(Percentile(CollectionsMarshal.AsSpan(_numbers[cell]), 0.99)),
        };
    }

    /// <summary>The value of some cells taken together.</summary>
    public RawNumber? Value(int first, int count)
    {
        if (count == 1) return Value(first);
        var together = new MeasureCells(measure, column);
        together.Reserve(1);
        for (var cell = first; cell < first + count; cell++) together.Add(0, this, cell);
        return together.Value(0);
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

    private bool IsBeyond(int code, int known)
    {
        if (code == known) return false;
        var order = column!.Number(code).CompareTo(column.Number(known));
        // As doubles they may be equal and still differ in a digit.
        if (order == 0) order = PropertyValue.InOrder.Compare(column[code], column[known]);
        return measure.Kind == MeasureKind.Min ? order < 0 : order > 0;
    }

    // The numbers may be those of a kept part, so they keep their order.
    private static double Percentile(ReadOnlySpan<double> numbers, double fraction)
    {
        var rank = fraction * (numbers.Length - 1);
        var low = (int)Math.Floor(rank);
        var sorted = numbers.ToArray();
        var value = Quickselect.Select<double>(sorted, low);
        if (rank == low) return value;
        // What comes behind it is no smaller; the smallest of that is the next one.
        var next = double.PositiveInfinity;
        foreach (var number in sorted.AsSpan(low + 1)) next = Math.Min(next, number);
        return value + (rank - low) * (next - value);
    }
}
