using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>A resource that lives in another's process, as a database in its server: it runs while that one does.</summary>
internal sealed class PartRunner(Resource resource, Resource parent, ResourceNotificationService notifications, Run run) : IRunner
{
    private readonly CancellationTokenSource stop = new();
    private Task life = Task.CompletedTask;

    public Resource Resource => resource;

    public void Start() => life = LiveAsync();

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await life;
    }

    public void Dispose() => stop.Dispose();

    private async Task LiveAsync()
    {
        CancellationTokenSource? watching = null;
        var health = Task.CompletedTask;
        try
        {
            await foreach (var e in notifications.WatchAsync(stop.Token))
            {
                if (e.Resource != parent) continue;
                var state = e.Snapshot.State?.Text ?? KnownResourceStates.Waiting;
                // Not asked before its server is ready, which is when it is made.
                var runs = state == KnownResourceStates.Running && e.Snapshot.IsReady;
                if (runs == watching is not null) continue;

                notifications.Publish(resource, resource.Name, s => s with { State = new(state, null), IsHealthy = false });
                if (runs)
                {
                    watching = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
                    health = run.WatchHealthAsync(resource, resource.Name, watching.Token);
                }
                else
                {
                    await watching!.CancelAsync();
                    watching.Dispose();
                    watching = null;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }

        await health;
        watching?.Dispose();
        notifications.Publish(resource, resource.Name, s => s with { State = new(KnownResourceStates.Finished, null) });
    }
}
