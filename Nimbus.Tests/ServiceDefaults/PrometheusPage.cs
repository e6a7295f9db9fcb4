using System.Globalization;
using System.Text.RegularExpressions;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>
/// Reads Prometheus' text format 0.0.4 as strictly as it is written down: HELP, TYPE, then all samples of the family in one
/// piece, no family and no series twice, histograms cumulative and closed. Anything else fails the test.
/// </summary>
internal sealed partial class PrometheusPage
{
    private readonly Dictionary<string, string> types = [];
    private readonly Dictionary<string, string> helps = [];
    private readonly Dictionary<string, double> samples = [];

    private PrometheusPage()
    {
    }

    public IReadOnlyDictionary<string, string> Types => types;

    public IReadOnlyDictionary<string, string> Helps => helps;

    /// <summary>By name and labels as written: <c>a_total{b="c"}</c>.</summary>
    public IReadOnlyDictionary<string, double> Samples => samples;

    public static PrometheusPage Parse(string text)
    {
        var page = new PrometheusPage();
        Assert.True(text.Length == 0 || text.EndsWith('\n'), "The last line has no end.");
        string? family = null;
        foreach (var line in text.Split('\n')[..^1])
        {
            Assert.NotEqual("", line);
            family = line.StartsWith('#') ? page.ReadHead(line, family) : page.ReadSample(line, family);
        }
        page.CheckHistograms();
        return page;
    }

    private string ReadHead(string line, string? family)
    {
        var head = Head().Match(line);
        Assert.True(head.Success, line);
        var name = head.Groups["name"].Value;
        if (head.Groups["what"].Value == "HELP")
        {
            Assert.True(helps.TryAdd(name, head.Groups["rest"].Value), $"Two HELP lines of {name}.");
            Assert.False(types.ContainsKey(name), $"HELP after TYPE of {name}.");
        }
        else
        {
            Assert.Contains(head.Groups["rest"].Value, new[] { "counter", "gauge", "histogram" });
            Assert.Equal(name, family);
            Assert.True(types.TryAdd(name, head.Groups["rest"].Value), $"Two TYPE lines of {name}.");
        }
        return name;
    }

    private string ReadSample(string line, string? family)
    {
        var sample = Sample().Match(line);
        Assert.True(sample.Success, line);
        var name = sample.Groups["name"].Value;
        Assert.NotNull(family);
        string[] allowed = types[family] == "histogram" ? [$"{family}_bucket", $"{family}_sum", $"{family}_count"] : [family];
        Assert.Contains(name, allowed);
        Assert.True(types[family] != "counter" || name.EndsWith("_total", StringComparison.Ordinal), line);

        var labels = Label().Matches(sample.Groups["labels"].Value).Select(label => label.Groups["key"].Value).ToList();
        Assert.Equal(labels.Count, labels.Distinct().Count());
        Assert.True(samples.TryAdd(name + sample.Groups["block"].Value, ReadNumber(sample.Groups["value"].Value)), $"Twice: {line}");
        return family;
    }

    private void CheckHistograms()
    {
        foreach (var (name, _) in types.Where(type => type.Value == "histogram"))
        {
            var buckets = samples.Where(sample => sample.Key.StartsWith($"{name}_bucket{{", StringComparison.Ordinal))
                .GroupBy(sample => LastLabel().Replace(sample.Key[$"{name}_bucket".Length..], ""));
            foreach (var series in buckets)
            {
                var bounds = series.Select(sample => ReadNumber(LastLabel().Match(sample.Key).Groups["le"].Value)).ToList();
                var counts = series.Select(sample => sample.Value).ToList();
                Assert.Equal(bounds.Order(), bounds);
                Assert.Equal(counts.Order(), counts);
                Assert.Equal(double.PositiveInfinity, bounds[^1]);
                var labels = series.Key == "{" ? "" : series.Key + "}";
                Assert.Equal(counts[^1], samples[$"{name}_count{labels}"]);
                Assert.True(samples.ContainsKey($"{name}_sum{labels}"));
            }
        }
    }

    private static double ReadNumber(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("""^# (?<what>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>(?:[^\\\n]|\\\\|\\n)*)$""")]
    private static partial Regex Head();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<block>\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*)\})? (?<value>[+-]Inf|NaN|-?[0-9.]+(?:E[+-]?[0-9]+)?)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<key>[a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"(?:,|$)""")]
    private static partial Regex Label();

    [GeneratedRegex(""",?le="(?<le>[^"]*)"\}$""")]
    private static partial Regex LastLabel();
}
