using System.Text.RegularExpressions;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Operations;

/// <summary>The metrics that docs/operations.md lists.</summary>
internal static partial class MetricsList
{
    public static readonly string[] Services = ["identity", "ingest", "ingest-writer", "query", "gateway"];

    private static readonly Lazy<IReadOnlyList<ListedMetric>> Read = new(() =>
    [
        .. File.ReadLines(Path.Combine(TestData.RepositoryRoot, "docs", "operations.md"))
            .Select(line => Row().Match(line)).Where(row => row.Success)
            .Select(row => row.Groups["cells"].Value.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => new ListedMetric(cells[0].Trim('`'), cells[1], cells[2], Names(cells[3]), ServicesOf(cells[4]), cells[5] == "always", cells[6])),
    ]);

    public static IReadOnlyList<ListedMetric> All => Read.Value;

    /// <summary>What a series of a query belongs to: histograms have three.</summary>
    public static ListedMetric? Find(string series) =>
        All.FirstOrDefault(metric => metric.Name == series)
        ?? All.FirstOrDefault(metric => metric.Type == "histogram"
            && ((string[])["_bucket", "_sum", "_count"]).Any(suffix => series == metric.Name + suffix));

    private static string[] Names(string cell) => [.. Word().Matches(cell).Select(word => word.Groups[1].Value)];

    private static string[] ServicesOf(string cell) =>
        cell == "all" ? Services : [.. cell.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    // | `name` | type | unit | labels | services | always or once used | meaning |
    [GeneratedRegex(@"^\| (?<cells>`[a-z_:0-9]+` \| (counter|gauge|histogram) \|.*) \|$")]
    private static partial Regex Row();

    [GeneratedRegex("`([a-z_0-9]+)`")]
    private static partial Regex Word();
}

/// <summary>A row of the list.</summary>
/// <param name="IsAlways">There from the start, or from the first request; else only once what it counts has happened.</param>
internal sealed record ListedMetric(
    string Name, string Type, string Unit, IReadOnlyList<string> Labels, IReadOnlyList<string> Services, bool IsAlways, string Meaning);
