using System.Text.Json;

namespace Aspire.Hosting.Local;

/// <summary>A profile of a project's <c>Properties/launchSettings.json</c>.</summary>
internal sealed record LaunchProfile(
    string Name, string? ApplicationUrl, IReadOnlyDictionary<string, string> EnvironmentVariables)
{
    /// <summary>The profile named; else the one the AppHost runs under; else the first. Null without any.</summary>
    public static LaunchProfile? Choose(string projectFolder, string? name, string? appHostsOwn)
    {
        var profiles = Read(Path.Combine(projectFolder, "Properties", "launchSettings.json"));
        if (name is not null)
            return profiles.Find(p => p.Name == name) ?? throw new DistributedApplicationException(
                $"{projectFolder} has no launch profile '{name}'.");
        return profiles.Find(p => p.Name == appHostsOwn) ?? profiles.FirstOrDefault();
    }

    public IEnumerable<Endpoint> Endpoints()
    {
        var seen = new Dictionary<string, int>();
        foreach (var url in (ApplicationUrl ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var uri = new Uri(url.Trim());
            var count = seen[uri.Scheme] = seen.GetValueOrDefault(uri.Scheme) + 1;
            yield return new Endpoint
            {
                Name = count == 1 ? uri.Scheme : $"{uri.Scheme}{count}",
                Scheme = uri.Scheme,
                Host = uri.Host,
                Port = uri.Port,
            };
        }
    }

    private static List<LaunchProfile> Read(string file)
    {
        if (!File.Exists(file)) return [];
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(file),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return [.. document.RootElement.GetProperty("profiles").EnumerateObject()
                .Where(p => Text(p.Value, "commandName") == "Project")
                .Select(p => new LaunchProfile(p.Name, Text(p.Value, "applicationUrl"), Variables(p.Value)))];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DistributedApplicationException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static string? Text(JsonElement profile, string name) =>
        profile.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static Dictionary<string, string> Variables(JsonElement profile) =>
        profile.TryGetProperty("environmentVariables", out var variables)
            ? variables.EnumerateObject().ToDictionary(
                v => v.Name, v => Environment.ExpandEnvironmentVariables(v.Value.GetString() ?? ""))
            : [];
}
