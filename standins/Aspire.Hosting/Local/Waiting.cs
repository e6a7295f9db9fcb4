using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>Holds a resource back until what it waits for is as it should be.</summary>
internal static class Waiting
{
    /// <summary>Throws <see cref="DistributedApplicationException"/>, in tests, when a dependency has ended or failed.</summary>
    public static Task ForDependenciesAsync(Resource resource, ResourceNotificationService notifications, CancellationToken ct) =>
        Task.WhenAll(resource.Waits.Select(wait => ForAsync(resource, wait, notifications, ct)));

    private static async Task ForAsync(Resource resource, Wait wait, ResourceNotificationService notifications, CancellationToken ct)
    {
        // All replicas have to get there, each at its own time.
        var there = new HashSet<string>();
        await notifications.WaitForResourceAsync(wait.Dependency.Name, e =>
        {
            if (Reached(resource, wait, e.Snapshot, notifications.StopsOnUnavailable)) there.Add(e.ResourceId);
            return there.Count == wait.Dependency.Replicas;
        }, ct);
    }

    private static bool Reached(Resource resource, Wait wait, CustomResourceSnapshot dependency, bool stops)
    {
        if (wait.Kind == WaitKind.Completed)
        {
            if (dependency.State?.Text == KnownResourceStates.Finished && dependency.ExitCode == wait.ExitCode) return true;
            if (ResourceNotificationService.HasEnded(dependency)) throw Stopped();
            return false;
        }

        if (stops && ResourceNotificationService.HasEnded(dependency)) throw Stopped();
        return wait.Kind == WaitKind.Started
            ? dependency.State?.Text == KnownResourceStates.Running
            : ResourceNotificationService.IsReady(dependency);

        DistributedApplicationException Stopped() => new(
            $"Resource '{resource.Name}' stopped waiting for dependency resource '{wait.Dependency.Name}': " +
            ResourceNotificationService.Ending(dependency));
    }
}
