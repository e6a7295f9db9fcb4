using System.Text.RegularExpressions;

namespace Nimbus.Tests.Operations;

/// <summary>Which series and which labels a query in PromQL names; whether it is one at all, promtool says.</summary>
internal static partial class PromQuery
{
    private static readonly string[] Words = ["by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "offset", "bool", "inf", "nan"];

    public static IReadOnlyList<string> Series(string query)
    {
        var bare = Range().Replace(Matchers().Replace(Grouping().Replace(Text().Replace(query, "\"\""), " "), " "), " ");
        return [.. Name().Matches(bare).Select(name => name.Value).Where(name => !Words.Contains(name.ToLowerInvariant())).Distinct()];
    }

    public static IReadOnlyList<string> Labels(string query)
    {
        var bare = Text().Replace(query, "\"\"");
        var matched = Matchers().Matches(bare).SelectMany(block => Matched().Matches(block.Value)).Select(label => label.Groups[1].Value);
        var grouped = Grouping().Matches(bare).SelectMany(group => group.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries));
        return [.. matched.Concat(grouped).Where(label => label.Length > 0).Distinct()];
    }

    /// <summary>What labels of which series are to be, or not to be; each of several by itself.</summary>
    public static IReadOnlyList<(string Series, string Label, string Text)> Values(string query) =>
    [
        .. from block in Selector().Matches(query)
           from matcher in Matcher().Matches(block.Groups[2].Value)
           from text in matcher.Groups[2].Value.Split('|')
           select (block.Groups[1].Value, matcher.Groups[1].Value, text),
    ];

    [GeneratedRegex(@"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)\s*""([^""]*)""")]
    private static partial Regex Matcher();

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Matchers();

    [GeneratedRegex(@"([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Matched();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    // No function, no number, no duration behind offset.
    [GeneratedRegex(@"(?<![\w.$])[a-zA-Z_:][a-zA-Z0-9_:]*(?![\w:]|\s*\()")]
    private static partial Regex Name();
}
