using System.Globalization;

namespace Nimbus.QueryService.Engine;

/// <summary>Decimal numbers as text, with every digit: [-]digits[.digits], no exponent, no zeros that mean nothing.</summary>
internal static class DecimalText
{
    /// <summary>The one text of a JSON number, whose exponent must be within a double's range.</summary>
    public static string Of(string json)
    {
        var exponentAt = json.AsSpan().IndexOfAny('e', 'E');
        if (exponentAt < 0 && !json.Contains('.'))
            return json == "-0" ? "0" : json;

        var exponent = exponentAt < 0 ? 0 : int.Parse(json.AsSpan(exponentAt + 1), CultureInfo.InvariantCulture);
        var mantissa = exponentAt < 0 ? json : json[..exponentAt];
        var sign = mantissa.StartsWith('-') ? "-" : "";
        mantissa = mantissa[sign.Length..];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        point = (point < 0 ? mantissa.Length : point) + exponent;
        if (point < 0)
            (digits, point) = (new string('0', -point) + digits, 0);
        if (point > digits.Length)
            digits = digits.PadRight(point, '0');

        var whole = digits[..point].TrimStart('0');
        var fraction = digits[point..].TrimEnd('0');
        if (whole.Length == 0 && fraction.Length == 0)
            return "0";
        return $"{sign}{(whole.Length == 0 ? "0" : whole)}{(fraction.Length == 0 ? "" : ".")}{fraction}";
    }

    /// <summary>Compares by value two texts that <see cref="Of"/> made.</summary>
    public static int Compare(string a, string b)
    {
        var (negative, otherNegative) = (a[0] == '-', b[0] == '-');
        if (negative != otherNegative)
            return negative ? -1 : 1;
        return negative ? CompareMagnitudes(b.AsSpan(1), a.AsSpan(1)) : CompareMagnitudes(a, b);
    }

    private static int CompareMagnitudes(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var (wholeA, wholeB) = (WholeDigits(a), WholeDigits(b));
        return wholeA != wholeB ? wholeA.CompareTo(wholeB) : a.SequenceCompareTo(b);
    }

    private static int WholeDigits(ReadOnlySpan<char> number)
    {
        var point = number.IndexOf('.');
        return point < 0 ? number.Length : point;
    }
}
