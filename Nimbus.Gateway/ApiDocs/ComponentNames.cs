using System.Text.Json.Nodes;

namespace Nimbus.Gateway.ApiDocs;

/// <summary>Gives a document's components names that mean the same in the merged one.</summary>
internal static class ComponentNames
{
    private const string Prefix = "#/components/";

    /// <summary>Renames what is called like a component in <paramref name="taken"/> and is another one.</summary>
    public static void MakeDistinct(JsonObject document, JsonObject taken, string service)
    {
        var renamed = Clashes(document, taken);
        if (renamed.Count == 0)
            return;
        Redirect(document, renamed, service);
        foreach (var (kind, name) in renamed)
        {
            var named = (JsonObject)document["components"]![kind]!;
            var component = named[name];
            named.Remove(name);
            named[$"{name}_{service}"] = component;
        }
    }

    private static HashSet<(string Kind, string Name)> Clashes(JsonObject document, JsonObject taken)
    {
        var shared = new Dictionary<(string Kind, string Name), JsonNode?>();
        var clashes = new HashSet<(string, string)>();
        foreach (var (kind, named) in document["components"] as JsonObject ?? [])
        {
            foreach (var (name, component) in named as JsonObject ?? [])
            {
                if (taken[kind] is not JsonObject all || !all.TryGetPropertyValue(name, out var other))
                    continue;
                shared[(kind, name)] = component;
                if (!JsonNode.DeepEquals(component, other))
                    clashes.Add((kind, name));
            }
        }
        // The same words are another component where they refer to one that has to be renamed.
        while (shared.FirstOrDefault(c => !clashes.Contains(c.Key) && RefersTo(c.Value, clashes)) is { Key.Name: not null } more)
            clashes.Add(more.Key);
        return clashes;
    }

    private static bool RefersTo(JsonNode? node, HashSet<(string, string)> components) => node switch
    {
        JsonObject o => o.Any(p => Target(p.Value) is { } target && components.Contains(target) || RefersTo(p.Value, components)),
        JsonArray a => a.Any(item => RefersTo(item, components)),
        _ => false,
    };

    private static void Redirect(JsonNode? node, HashSet<(string, string)> renamed, string service)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
                Redirect(item, renamed, service);
        }
        if (node is not JsonObject from)
            return;
        foreach (var (key, value) in from.ToList())
        {
            if (Target(value) is { } target && renamed.Contains(target))
                from[key] = $"{(string?)value}_{service}";
            else
                Redirect(value, renamed, service);
        }
    }

    /// <summary>The component that a text refers to: a <c>$ref</c>, or a value of a discriminator's mapping.</summary>
    private static (string Kind, string Name)? Target(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text)
        && text.StartsWith(Prefix, StringComparison.Ordinal) && text[Prefix.Length..].Split('/') is [var kind, var name]
            ? (kind, name)
            : null;
}
