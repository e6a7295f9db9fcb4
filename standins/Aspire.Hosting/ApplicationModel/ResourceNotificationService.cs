using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Tells how resources are, and waits until they are as wanted.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ResourceEvent> current = [];
    private readonly HashSet<Channel<ResourceEvent>> watchers = [];

    internal ResourceNotificationService()
    {
    }

    /// <summary>True in tests: waiting for a resource that has ended or failed throws instead of waiting on.</summary>
    internal bool StopsOnUnavailable { get; set; }

    /// <summary>How the process of this id is, if anything is known of it.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (gate) return current.TryGetValue(resourceId, out resourceEvent);
    }

    /// <summary>Waits for a state; without one, for Running.</summary>
    public Task WaitForResourceAsync(
        string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(
            resourceName,
            e => e.Snapshot.State?.Text == (targetState ?? KnownResourceStates.Running),
            cancellationToken);

    /// <summary>Waits for a moment, the present one included, at which the resource is as wanted.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var e in WatchAsync(cancellationToken))
        {
            if (e.Resource.Name == resourceName && predicate(e)) return e;
        }

        throw new OperationCanceledException("The application has stopped.", cancellationToken);
    }

    /// <summary>Waits until the resource runs, is healthy and ready.
    /// Throws <see cref="DistributedApplicationException"/> in tests when it has ended or failed.</summary>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, CancellationToken cancellationToken = default)
    {
        var e = await WaitForResourceAsync(
            resourceName, e => IsReady(e.Snapshot) || StopsOnUnavailable && HasEnded(e.Snapshot), cancellationToken);
        return IsReady(e.Snapshot) ? e : throw new DistributedApplicationException(
            $"Stopped waiting for resource '{resourceName}' to become healthy because it failed to start: {Ending(e.Snapshot)}");
    }

    /// <summary>Every change from now on, after how everything is at present.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (gate)
        {
            foreach (var e in current.Values) channel.Writer.TryWrite(e);
            watchers.Add(channel);
        }

        try
        {
            await foreach (var e in channel.Reader.ReadAllAsync(cancellationToken)) yield return e;
        }
        finally
        {
            lock (gate) watchers.Remove(channel);
        }
    }

    /// <summary>Ends every wait.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var watcher in watchers) watcher.Writer.TryComplete();
        }

        GC.SuppressFinalize(this);
    }

    internal static bool IsReady(CustomResourceSnapshot s) => s.HealthStatus == HealthStatus.Healthy && s.IsReady;

    internal static bool HasEnded(CustomResourceSnapshot s) =>
        s.State?.Text == KnownResourceStates.Finished || s.State?.Text == KnownResourceStates.FailedToStart;

    internal static string Ending(CustomResourceSnapshot s) => s.ExitCode is { } code
        ? $"it ended with exit code {code}."
        : s.Unhealthy ?? "it could not be started.";

    internal void Publish(Resource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        lock (gate)
        {
            var before = current.TryGetValue(resourceId, out var known)
                ? known.Snapshot
                : new CustomResourceSnapshot { ResourceType = resource.ResourceType, Properties = [] };
            var e = new ResourceEvent(resource, resourceId, change(before));
            current[resourceId] = e;
            foreach (var watcher in watchers) watcher.Writer.TryWrite(e);
        }
    }

    internal IReadOnlyList<ResourceEvent> Snapshots()
    {
        lock (gate) return [.. current.Values];
    }
}
