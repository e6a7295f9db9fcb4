using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>Asks a running resource how it is: often until it is healthy, then now and again.</summary>
internal sealed class HealthWatch(
    Resource resource, string id, ResourceNotificationService notifications, IServiceProvider services)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseWhenHealthy = TimeSpan.FromSeconds(30);

    /// <summary>Runs until cancelled.
    /// Throws <see cref="DistributedApplicationException"/> when the resource will never be healthy, as a check says so.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var pause = FirstPause;
        while (true)
        {
            var why = await FindFaultAsync(ct);
            notifications.Publish(resource, id, s => s with
            {
                IsHealthy = why is null,
                Unhealthy = why,
                IsReady = s.IsReady || why is null,
            });
            await Task.Delay(why is null ? PauseWhenHealthy : pause, ct);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a check throws means not healthy.")]
    private async Task<string?> FindFaultAsync(CancellationToken ct)
    {
        try
        {
            foreach (var probe in (IEnumerable<HealthProbe>)[.. resource.Parent?.HealthProbes ?? [], .. resource.HealthProbes])
                await probe.CheckAsync(services, ct);
            if (!(notifications.TryGetCurrentState(id, out var e) && e.Snapshot.IsReady)) await resource.OnReadyAsync(ct);
            return null;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
        catch (DistributedApplicationException)
        {
            throw;
        }
        catch (Exception e)
        {
            return e.Message;
        }
    }
}
