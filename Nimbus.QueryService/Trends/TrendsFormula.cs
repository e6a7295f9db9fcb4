using System.Globalization;

namespace Nimbus.QueryService.Trends;

/// <summary>A formula over series, which are called A, B, C, …: <c>A / B * 100</c>.</summary>
public sealed class TrendsFormula
{
    private readonly Func<double?[], double?> _value;

    private TrendsFormula(string text, Func<double?[], double?> value) => (Text, _value) = (text, value);

    public string Text { get; }

    /// <summary>The value; null where an operand has none, a divisor is 0, or it is no finite number.</summary>
    public double? Of(double?[] series) => _value(series) is { } value && double.IsFinite(value) ? value : null;

    /// <summary>Reads + - * / with brackets, numbers and the names of so many series; else null.</summary>
    public static TrendsFormula? Parse(string text, int series)
    {
        var at = 0;
        var value = Sum();
        return value is not null && at == text.Length ? new(text, value) : null;

        Func<double?[], double?>? Sum()
        {
            var left = Product();
            while (left is not null && Take('+', '-') is { } sign)
            {
                var (a, b) = (left, Product());
                left = b is null ? null : sign == '+' ? s => a(s) + b(s) : s => a(s) - b(s);
            }
            return left;
        }

        Func<double?[], double?>? Product()
        {
            var left = Operand();
            while (left is not null && Take('*', '/') is { } sign)
            {
                var (a, b) = (left, Operand());
                left = b is null ? null : sign == '*' ? s => a(s) * b(s) : s => b(s) is { } d and not 0 ? a(s) / d : null;
            }
            return left;
        }

        Func<double?[], double?>? Operand()
        {
            if (Take('-', '-') is not null) return Operand() is { } positive ? s => -positive(s) : null;
            if (Take('(', '(') is not null)
            {
                var inner = Sum();
                return Take(')', ')') is null ? null : inner;
            }
            if (at < text.Length && text[at] >= 'A' && text[at] < 'A' + series)
            {
                var index = text[at++] - 'A';
                SkipSpace();
                return s => s[index];
            }
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) at++;
            if (!double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            SkipSpace();
            return _ => number;
        }

        char? Take(char one, char other)
        {
            SkipSpace();
            if (at == text.Length || (text[at] != one && text[at] != other)) return null;
            var taken = text[at++];
            SkipSpace();
            return taken;
        }

        void SkipSpace()
        {
            while (at < text.Length && text[at] == ' ') at++;
        }
    }
}
