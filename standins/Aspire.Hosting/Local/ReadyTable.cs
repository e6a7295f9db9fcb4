using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>What is shown once everything runs: the resources, where they are, and what to try next.</summary>
internal static class ReadyTable
{
    public static IEnumerable<string> Lines(
        IReadOnlyList<Resource> resources, IReadOnlyList<ResourceEvent> snapshots, TimeSpan elapsed)
    {
        var rows = snapshots
            .OrderByDescending(e => ((Resource)e.Resource).Endpoints.Exists(p => p.IsExternal))
            .Select(e => (Name: e.ResourceId, State: State(e.Snapshot), Url: Url((Resource)e.Resource)))
            .Prepend((Name: "RESOURCE", State: "STATE", Url: "URL"))
            .ToList();
        var name = rows.Max(r => r.Name.Length);
        var state = rows.Max(r => r.State.Length);

        yield return "";
        foreach (var row in rows) yield return $"  {row.Name.PadRight(name)}  {row.State.PadRight(state)}  {row.Url}".TrimEnd();
        yield return "";
        yield return string.Create(CultureInfo.InvariantCulture, $"Ready after {elapsed.TotalSeconds:0.0} s. Ctrl-C stops everything.");
        if (resources.SelectMany(r => r.Endpoints).FirstOrDefault(e => e is { IsExternal: true, IsHttp: true }) is { } front)
        {
            yield return $"Try:  curl {front.Url}/health";
            yield return "      README.md goes on from there.";
        }
    }

    private static string State(CustomResourceSnapshot snapshot) =>
        ResourceNotificationService.IsReady(snapshot) ? "ready"
        : snapshot.ExitCode is { } code ? $"ended ({code})"
        : snapshot.State?.Text.ToLowerInvariant() ?? "";

    private static string Url(Resource resource) => string.Join(
        "  ", resource.Endpoints.Select(e => e.IsHttp ? e.Url : $"{e.Host}:{e.AllocatedPort}"));
}
