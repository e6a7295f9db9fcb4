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

    /// <summary>Runs until cancelled. Throws what <see cref="Resource.OnReadyAsync"/> throws.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var pause = FirstPause;
        while (true)
        {
            var why = await CheckAsync(ct);
            if (why is null && !IsReady())
            {
                await resource.OnReadyAsync(ct);
                Publish(s => s with { IsHealthy = true, Unhealthy = null, IsReady = true });
            }
            else
            {
                Publish(s => s with { IsHealthy = why is null, Unhealthy = why });
            }

            await Task.Delay(why is null ? PauseWhenHealthy : pause, ct);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    private bool IsReady() => notifications.TryGetCurrentState(id, out var e) && e.Snapshot.IsReady;

    private void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        notifications.Publish(resource, id, change);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a check throws means not healthy.")]
    private async Task<string?> CheckAsync(CancellationToken ct)
    {
        try
        {
            foreach (var probe in (IEnumerable<HealthProbe>)[.. resource.Parent?.HealthProbes ?? [], .. resource.HealthProbes])
                await probe.CheckAsync(services, ct);
            return null;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            return e.Message;
        }
    }
}
