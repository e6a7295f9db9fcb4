using System.Text.Json.Nodes;

namespace Nimbus.Gateway.ApiDocs;

/// <summary>Makes one OpenAPI document of the services' documents.</summary>
internal static class DocumentMerger
{
    /// <summary>
    /// What clients may call: everything but <c>/internal</c>. Where two services have different components of one name,
    /// the later one's is renamed <c>{Name}_{service}</c>, with all that refers to it.
    /// </summary>
    /// <param name="parts">
    /// A document per service, null for one that could not be asked: it is named in <c>x-nimbus-unavailable</c>.
    /// </param>
    public static JsonObject Merge(IEnumerable<(string Service, JsonObject? Document)> parts)
    {
        var paths = new JsonObject();
        var components = new JsonObject();
        var tags = new JsonArray();
        var unavailable = new JsonArray();
        string? version = null;
        foreach (var (service, document) in parts)
        {
            if (document is null)
            {
                unavailable.Add(service);
                continue;
            }
            var part = (JsonObject)document.DeepClone();
            version ??= (string?)part["openapi"];
            ComponentNames.MakeDistinct(part, components, service);
            MergeComponents(components, part);
            MergePaths(paths, part, service);
            MergeTags(tags, part);
        }
        var merged = new JsonObject
        {
            ["openapi"] = version ?? "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Nimbus",
                ["version"] = "v1",
                ["description"] = "Product analytics: send events, ask what people did.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = paths,
            ["components"] = components,
            ["security"] = Security.Default(),
            ["tags"] = tags,
        };
        components["securitySchemes"] = Security.Schemes();
        if (unavailable.Count > 0)
            merged["x-nimbus-unavailable"] = unavailable;
        return merged;
    }

    private static void MergeComponents(JsonObject components, JsonObject part)
    {
        foreach (var (kind, named) in part["components"] as JsonObject ?? [])
        {
            if (components[kind] is not JsonObject all)
                components[kind] = all = [];
            foreach (var (name, component) in named as JsonObject ?? [])
                all.TryAdd(name, component?.DeepClone());
        }
    }

    private static void MergePaths(JsonObject paths, JsonObject part, string service)
    {
        foreach (var (path, item) in part["paths"] as JsonObject ?? [])
        {
            if (IsInternal(path))
                continue;
            if (paths[path] is not JsonObject all)
                paths[path] = all = [];
            foreach (var (method, operation) in item as JsonObject ?? [])
            {
                if (!all.TryAdd(method, operation?.DeepClone()))
                    continue;
                if (all[method] is JsonObject added)
                    Security.Require(added, service, method, path);
            }
        }
    }

    private static void MergeTags(JsonArray tags, JsonObject part)
    {
        foreach (var tag in part["tags"] as JsonArray ?? [])
        {
            if (!tags.Any(known => (string?)known?["name"] == (string?)tag?["name"]))
                tags.Add(tag?.DeepClone());
        }
    }

    private static bool IsInternal(string path) =>
        path.Equals("/internal", StringComparison.OrdinalIgnoreCase)
        || path.StartsWith("/internal/", StringComparison.OrdinalIgnoreCase);
}
