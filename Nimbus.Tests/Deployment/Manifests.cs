using Nimbus.Tests.Hosting;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nimbus.Tests.Deployment;

/// <summary>The files of <c>deploy/</c> and what they give each service.</summary>
internal static class Manifests
{
    public static string Folder { get; } = Path.Combine(TestData.RepositoryRoot, "deploy");

    public static IReadOnlyList<string> Kubernetes { get; } = [.. Directory.GetFiles(Path.Combine(Folder, "kubernetes"), "*.yaml").Order(StringComparer.Ordinal)];

    public static YamlMappingNode Compose { get; } = Read(Path.Combine(Folder, "compose", "compose.yaml")).Single();

    /// <summary>The documents of a file, with what <c>&lt;&lt;</c> brings in put in.</summary>
    public static List<YamlMappingNode> Read(string file)
    {
        using var text = new StreamReader(file);
        var yaml = new YamlStream();
        yaml.Load(new Parser(text));
        return [.. yaml.Documents.Select(document => Merged((YamlMappingNode)document.RootNode))];
    }

    /// <summary>What is at a path of names and places; null where there is none.</summary>
    public static YamlNode? At(this YamlNode? node, params string[] path) => path.Aggregate(node, (at, name) => at switch
    {
        YamlMappingNode mapping when mapping.Children.TryGetValue(new YamlScalarNode(name), out var child) => child,
        YamlSequenceNode list when int.TryParse(name, out var place) && place < list.Children.Count => list.Children[place],
        _ => null,
    });

    public static string? Text(this YamlNode? node, params string[] path) => (node.At(path) as YamlScalarNode)?.Value;

    public static IReadOnlyList<string> Texts(this YamlNode? node, params string[] path) =>
        node.At(path) is YamlSequenceNode list ? [.. list.Children.OfType<YamlScalarNode>().Select(item => item.Value!)] : [];

    public static IReadOnlyDictionary<string, YamlNode> Map(this YamlNode? node, params string[] path) =>
        node.At(path) is YamlMappingNode mapping ? mapping.Children.ToDictionary(child => ((YamlScalarNode)child.Key).Value!, child => child.Value) : new Dictionary<string, YamlNode>();

    public static IReadOnlyList<YamlNode> List(this YamlNode? node, params string[] path) => node.At(path) is YamlSequenceNode list ? [.. list.Children] : [];

    private static YamlMappingNode Merged(YamlMappingNode node)
    {
        var merged = new YamlMappingNode();
        if (node.At("<<") is YamlMappingNode brought)
        {
            foreach (var (name, value) in Merged(brought).Children)
                merged.Children[name] = value;
        }
        foreach (var (name, value) in node.Children.Where(child => ((YamlScalarNode)child.Key).Value != "<<"))
            merged.Children[name] = value is YamlMappingNode inner ? Merged(inner) : value is YamlSequenceNode list ? Merged(list) : value;
        return merged;
    }

    private static YamlSequenceNode Merged(YamlSequenceNode list) =>
        new(list.Children.Select(item => item is YamlMappingNode inner ? Merged(inner) : item is YamlSequenceNode nested ? Merged(nested) : item));
}
