using System.Text.RegularExpressions;

namespace Nimbus.IngestService.Traffic;

/// <summary>What a browser says of itself in its user agent.</summary>
/// <param name="Device"><c>desktop</c>, <c>mobile</c> or <c>tablet</c>.</param>
/// <param name="IsBot">A known crawler, or a browser without a screen.</param>
internal sealed partial record Browser(string? Name, string? Version, string? Os, string Device, bool IsBot)
{
    // The order decides: nearly all of them say that they are Chrome and Safari as well.
    private static readonly (string Mark, string Name)[] Names =
    [
        ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
        ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("HeadlessChrome/", "Chrome"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"),
        ("Version/", "Safari"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("Windows", "Windows"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];

    /// <summary>Null for what is no browser: servers send events too.</summary>
    public static Browser? Of(string userAgent)
    {
        if (!userAgent.StartsWith("Mozilla/", StringComparison.Ordinal))
            return null;
        var (mark, name) = Array.Find(Names, known => userAgent.Contains(known.Mark, StringComparison.Ordinal));
        return new Browser(
            name,
            mark is null ? null : MajorVersion(userAgent, mark),
            Array.Find(Systems, known => userAgent.Contains(known.Mark, StringComparison.Ordinal)).Name,
            DeviceOf(userAgent),
            BotMarks().IsMatch(userAgent));
    }

    private static string? MajorVersion(string userAgent, string mark)
    {
        var digits = userAgent.AsSpan(userAgent.IndexOf(mark, StringComparison.Ordinal) + mark.Length);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return (end < 0 ? digits : digits[..end]) is { IsEmpty: false } version ? version.ToString() : null;
    }

    private static string DeviceOf(string userAgent) =>
        userAgent.Contains("iPad", StringComparison.Ordinal) || userAgent.Contains("Tablet", StringComparison.Ordinal) ? "tablet"
        : userAgent.Contains("Mobi", StringComparison.Ordinal) ? "mobile"
        : userAgent.Contains("Android", StringComparison.Ordinal) ? "tablet"
        : "desktop";

    // Cubot makes phones.
    [GeneratedRegex("(?<!cu)bot(?![a-z])|crawl|spider|slurp|headless|lighthouse|phantomjs|facebookexternalhit|pingdom", RegexOptions.IgnoreCase)]
    private static partial Regex BotMarks();
}
