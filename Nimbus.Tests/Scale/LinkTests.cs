using System.Text.RegularExpressions;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Scale;

/// <summary>What the documentation points to is there.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] Skipped = ["node_modules", "artifacts", "bin", "obj", "dist"];

    // The repository's own folders: a checkout may hold others, such as a package cache.
    public static TheoryData<string> Documents() => [.. Directory.GetFiles(TestData.RepositoryRoot, "*.md")
        .Concat(Directory.GetDirectories(TestData.RepositoryRoot).Where(folder => OwnFolder().IsMatch(Path.GetFileName(folder))).SelectMany(Files))
        .Select(file => Path.GetRelativePath(TestData.RepositoryRoot, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_and_every_path_in_a_document_leads_somewhere(string document)
    {
        var file = Path.Combine(TestData.RepositoryRoot, document);
        var text = Fence().Replace(File.ReadAllText(file), "");

        var links = Link().Matches(text).Select(match => match.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith("mailto:", StringComparison.Ordinal));
        var missing = links.Where(link => !IsThere(file, link)).ToList();
        // What is written as code and looks like a file of the repository is one: from its top folders on.
        missing.AddRange(Code().Matches(text).Select(match => match.Groups[1].Value)
            .Where(path => RepositoryPath().IsMatch(path) && !NoPath().IsMatch(path))
            .Where(path => !path.Contains("/TestResults/", StringComparison.Ordinal) && !Path.Exists(Path.Combine(TestData.RepositoryRoot, path.TrimEnd('/')))));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_decision_has_its_number_and_its_line_in_their_list()
    {
        var folder = Path.Combine(TestData.RepositoryRoot, "docs", "decisions");
        var decisions = Directory.GetFiles(folder, "*.md").Where(file => Path.GetFileName(file) != "README.md").Order(StringComparer.Ordinal).ToList();
        Assert.True(decisions.Count > 5, "the decisions were not found");
        Assert.Equal(
            decisions.Select(file => $"- [{Path.GetFileName(file)[..4]}]({Path.GetFileName(file)}): {File.ReadLines(file).First()["# 0000: ".Length..]}"),
            File.ReadLines(Path.Combine(folder, "README.md")).Where(line => line.StartsWith("- ", StringComparison.Ordinal)));
        Assert.All(decisions, file => Assert.StartsWith($"# {Path.GetFileName(file)[..4]}: ", File.ReadLines(file).First(), StringComparison.Ordinal));
    }

    private static bool IsThere(string document, string link)
    {
        var (path, anchor) = link.Split('#', 2) is [var name, var heading] ? (name, heading) : (link, null);
        var target = path.Length == 0 ? document : Path.Combine(Path.GetDirectoryName(document)!, path);
        return Path.Exists(target)
            && (anchor is null || !target.EndsWith(".md", StringComparison.Ordinal)
                || File.ReadLines(target).Any(line => line.StartsWith('#') && AnchorOf(line) == anchor));
    }

    /// <summary>As the usual renderers make it of a heading.</summary>
    private static string AnchorOf(string heading) =>
        NotInAnchor().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    private static IEnumerable<string> Files(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "*.md"))
            yield return file;
        foreach (var below in Directory.GetDirectories(folder).Where(below => !Skipped.Contains(Path.GetFileName(below))))
        {
            foreach (var file in Files(below))
                yield return file;
        }
    }

    [GeneratedRegex(@"^(Nimbus\.[A-Za-z]+|docs|deploy|standins|samples|\.github|\.devcontainer)$")]
    private static partial Regex OwnFolder();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^(Nimbus\.[A-Za-z]+|docs|deploy|standins|samples|\.ci|\.github|\.devcontainer)/[^`]*$")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex("[{}*<>… ]")]
    private static partial Regex NoPath();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
