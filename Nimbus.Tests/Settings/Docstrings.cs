using System.Reflection;
using System.Text.RegularExpressions;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Settings;

/// <summary>What the source says about a member, read where it stands: the summary above it, as one line of Markdown.</summary>
internal static partial class Docstrings
{
    private static readonly Lazy<string[]> Sources = new(() =>
    [
        .. Directory.EnumerateDirectories(TestData.RepositoryRoot, "Nimbus.*")
            .SelectMany(project => Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}Nimbus.Tests{Path.DirectorySeparatorChar}", StringComparison.Ordinal)),
    ]);

    /// <summary>The files of the program itself.</summary>
    public static IReadOnlyList<string> Files => Sources.Value;

    public static string Of(PropertyInfo property)
    {
        var lines = Declaring(property.DeclaringType!, out var at);
        return Above(lines, Array.FindIndex(lines, at, line => Regex.IsMatch(line, $@"\bpublic\b.*\s{property.Name}\s*\{{")));
    }

    public static string Of(Type type)
    {
        var lines = Declaring(type, out var at);
        return Above(lines, at);
    }

    private static string[] Declaring(Type type, out int at)
    {
        var declaration = new Regex($@"\b(record|class) {type.Name}\b");
        foreach (var file in Sources.Value)
        {
            var lines = File.ReadAllLines(file);
            at = Array.FindIndex(lines, declaration.IsMatch);
            if (at >= 0)
                return lines;
        }
        throw new InvalidOperationException($"the source of {type} is not there");
    }

    private static string Above(string[] lines, int at)
    {
        List<string> text = [];
        for (var line = at - 1; line >= 0 && lines[line].Trim() is var trimmed && (trimmed.StartsWith('[') || trimmed.StartsWith("//", StringComparison.Ordinal)); line--)
            if (trimmed.StartsWith("///", StringComparison.Ordinal))
                text.Insert(0, trimmed[3..].Trim());
        var summary = Summary().Match(string.Join(' ', text)).Groups[1].Value.Trim();
        summary = Reference().Replace(Code().Replace(summary, "`$1`"), "`$1`");
        return summary.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal);
    }

    [GeneratedRegex("<summary>(.*?)</summary>")]
    private static partial Regex Summary();

    [GeneratedRegex("<c>(.*?)</c>")]
    private static partial Regex Code();

    [GeneratedRegex("<see cref=\"([^\"]*)\" ?/>")]
    private static partial Regex Reference();
}
