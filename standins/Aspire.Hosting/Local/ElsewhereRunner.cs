using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>A server that somebody else runs: it is only asked how it is.</summary>
internal sealed class ElsewhereRunner(Resource resource, ResourceNotificationService notifications, Run run) : IRunner
{
    // Ours start with us and may take their time; a server that runs already answers.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource stop = new();
    private Task life = Task.CompletedTask;

    public Resource Resource => resource;

    public void Start()
    {
        notifications.Publish(resource, resource.Name, s => s with { State = new(KnownResourceStates.Running, null) });
        life = Task.WhenAll(run.WatchHealthAsync(resource, resource.Name, stop.Token), GiveUpAsync());
    }

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await life;
        notifications.Publish(resource, resource.Name, s => s with { State = new(KnownResourceStates.Finished, null) });
    }

    public void Dispose() => stop.Dispose();

    private async Task GiveUpAsync()
    {
        try
        {
            await Task.Delay(Patience, stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (notifications.TryGetCurrentState(resource.Name, out var e) && !e.Snapshot.IsReady)
            run.Failed(resource,
                $"The server of ConnectionStrings__{resource.Name} does not answer ({e.Snapshot.Unhealthy}): start it, or correct " +
                $"the setting, or remove it to have '{resource.Name}' run here.");
    }
}
