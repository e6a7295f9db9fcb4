using System.Globalization;

namespace Nimbus.IngestService.Pipeline;

/// <summary>Reads the times of events.</summary>
internal static class EventTime
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd' 'HH:mmK",
    ];

    /// <summary>
    /// An RFC 3339 time as Unix milliseconds, cut off below the millisecond. A time without an offset is taken as UTC,
    /// since clients that leave it out mean that.
    /// </summary>
    public static bool TryParse(string text, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        if (!DateTimeOffset.TryParseExact(
            CutToTicks(text.ToUpperInvariant()), Formats, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return false;
        unixMilliseconds = time.ToUnixTimeMilliseconds();
        return true;
    }

    /// <summary>Some clocks tell nanoseconds; .NET reads seven digits.</summary>
    private static string CutToTicks(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return text;
        var end = dot + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        return end - dot <= 8 ? text : string.Concat(text.AsSpan(0, dot + 8), text.AsSpan(end));
    }
}
