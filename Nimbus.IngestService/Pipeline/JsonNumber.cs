using System.Buffers.Text;

namespace Nimbus.IngestService.Pipeline;

/// <summary>Which JSON numbers are kept.</summary>
internal static class JsonNumber
{
    // A literal this short without an exponent is below 10^300, and PostgreSQL's numeric holds it digit by digit.
    private const int SurelyInRange = 300;
    private const int LongestLiteral = 1000;
    private const int LargestExponent = 400;

    /// <summary>
    /// Whether a double can hold the number: neither beyond its largest nor, unless it is zero, below its smallest.
    /// A literal of over 1,000 characters, or an exponent beyond ±400, is out of range as well, even where it means zero.
    /// </summary>
    /// <param name="literal">A valid JSON number.</param>
    public static bool IsInRange(ReadOnlySpan<byte> literal)
    {
        var exponentAt = literal.IndexOfAny((byte)'e', (byte)'E');
        if (exponentAt < 0 && literal.Length <= SurelyInRange)
            return true;
        if (literal.Length > LongestLiteral)
            return false;
        if (exponentAt >= 0 && !HasSmallExponent(literal[(exponentAt + 1)..]))
            return false;
        if (!Utf8Parser.TryParse(literal, out double value, out var read) || read != literal.Length || !double.IsFinite(value))
            return false;
        var mantissa = exponentAt < 0 ? literal : literal[..exponentAt];
        return value != 0 || mantissa.IndexOfAnyInRange((byte)'1', (byte)'9') < 0;
    }

    private static bool HasSmallExponent(ReadOnlySpan<byte> exponent) =>
        Utf8Parser.TryParse(exponent, out int value, out var read) && read == exponent.Length
        && value is >= -LargestExponent and <= LargestExponent;
}
