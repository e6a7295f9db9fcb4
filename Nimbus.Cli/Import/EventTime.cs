using System.Globalization;

namespace Nimbus.Cli.Import;

/// <summary>Times in an import: RFC 3339, with a space allowed for the T; without an offset they are UTC.</summary>
internal static class EventTime
{
    private const int MostFractionDigits = 7;

    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK"];

    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        WithoutNanoseconds(text),
        Forms,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out time);

    // Go and Rust write nine digits; what is kept is the millisecond.
    private static string WithoutNanoseconds(string text)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (point < 0)
            return text;
        var end = point + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        var kept = point + 1 + MostFractionDigits;
        return end <= kept ? text : text.Remove(kept, end - kept);
    }
}
