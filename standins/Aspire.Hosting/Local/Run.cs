using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Local;

/// <summary>Runs all resources: in the order of their waits, and to the end in the opposite one.</summary>
internal sealed class Run(
    DistributedApplicationBuilder builder,
    ResourceNotificationService notifications,
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers,
    IServiceProvider services) : IHostedService, IDisposable
{
    private static readonly TimeSpan NewsInterval = TimeSpan.FromSeconds(30);

    private readonly Stopwatch clock = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly List<IRunner> runners = [];
    private readonly List<RoundRobinProxy> proxies = [];
    private Terminal terminal = null!;
    private RunFolder? folder;
    private Task announcing = Task.CompletedTask;

    /// <summary>Why the run had to end, in one line; null when it was asked to.</summary>
    public string? Failure { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        clock.Start();
        terminal = builder.IsTest
            ? new LoggedTerminal(loggers, builder.Environment.ApplicationName)
            : new ConsoleTerminal(builder.Resources.Max(r => (int?)r.Name.Length) ?? 0);

        folder = builder.StorePath is { } path ? RunFolder.Open(path) : RunFolder.OpenThrowAway();
        try
        {
            if (await folder.CleanAsync() is > 0 and var left)
                terminal.Say($"Stopped {left} processes that a killed run had left behind.");
            foreach (var resource in builder.Resources) resource.CheckConfiguration();
            Ports.Settle(builder.Resources, builder.RandomizesPorts);
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        foreach (var resource in builder.Resources) runners.AddRange(RunnersOf(resource, folder));
        foreach (var runner in runners) runner.Start();
        announcing = AnnounceAsync(stopping.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await announcing;
        var stopped = new Dictionary<IRunner, Task>();
        foreach (var runner in runners) _ = StopAfterDependentsAsync(runner, stopped);
        await Task.WhenAll(stopped.Values);
        foreach (var proxy in proxies) proxy.Dispose();
        folder?.Dispose();
        if (clock.IsRunning && runners.Count > 0) terminal.Say("All stopped.");
    }

    public void Dispose()
    {
        foreach (var runner in runners) runner.Dispose();
        stopping.Dispose();
    }

    /// <summary>Stops a process as at the end and starts it again; false where there is none of the id.</summary>
    public async Task<bool> RestartAsync(string resourceId, CancellationToken ct)
    {
        if (runners.OfType<ProcessRunner>().FirstOrDefault(runner => runner.Id == resourceId) is not { } runner) return false;
        await runner.RestartAsync(ct);
        return true;
    }

    /// <summary>A resource cannot be run. People get to know at once and the rest is stopped; a test finds it in the state.</summary>
    public void Failed(Resource resource, string why)
    {
        if (builder.IsTest || !resource.IsRestarted)
        {
            terminal.Line(resource.Name, why);
            return;
        }

        Failure ??= why;
        lifetime.StopApplication();
    }

    /// <summary>Watches how a running resource is, until told to stop.</summary>
    public async Task WatchHealthAsync(Resource resource, string id, CancellationToken ct)
    {
        try
        {
            await new HealthWatch(resource, id, notifications, services).RunAsync(ct);
        }
        catch (OperationCanceledException)
        {
            // Its process has ended or is being stopped.
        }
        catch (DistributedApplicationException e)
        {
            notifications.Publish(resource, id, s => s with { State = new(KnownResourceStates.FailedToStart, null), Unhealthy = e.Message });
            Failed(resource.Parent ?? resource, e.Message);
        }
    }

    private IEnumerable<IRunner> RunnersOf(Resource resource, RunFolder folder)
    {
        if (resource.Parent is { } parent)
        {
            yield return new PartRunner(resource, parent, notifications, this);
        }
        else if (resource.IsElsewhere)
        {
            yield return new ElsewhereRunner(resource, notifications, this);
        }
        else if (resource.HasProcess)
        {
            var shared = resource.Replicas == 1 ? [] : resource.Endpoints.ToDictionary(e => e.Name, e => new RoundRobinProxy(e.AllocatedPort));
            proxies.AddRange(shared.Values);
            for (var n = 0; n < resource.Replicas; n++) yield return new ProcessRunner(Replica(resource, n, folder), shared, notifications, this);
        }
    }

    // One process holds the resource's port itself; several have ports of their own, behind a proxy that holds it.
    private Launch Replica(Resource resource, int n, RunFolder folder) => new(
        resource,
        resource.Replicas == 1 ? resource.Name : $"{resource.Name}-{n}",
        resource.Endpoints.ToDictionary(e => e.Name, e => resource.Replicas == 1 ? e.AllocatedPort : Ports.Any()),
        folder,
        builder,
        line => terminal.Line(resource.Name, line));

    // The opposite of the order of starting, and as far as that allows all at once.
    private Task StopAfterDependentsAsync(IRunner runner, Dictionary<IRunner, Task> stopped)
    {
        if (stopped.TryGetValue(runner, out var already)) return already;
        // Entered before it is walked, so that two resources that refer to each other do not wait for each other.
        stopped[runner] = Task.CompletedTask;
        var dependents = runners.Where(r => DependsOn(r.Resource, runner.Resource))
            .Select(r => StopAfterDependentsAsync(r, stopped)).ToList();
        return stopped[runner] = StopAsync();

        async Task StopAsync()
        {
            await Task.WhenAll(dependents);
            await runner.StopAsync();
        }
    }

    private static bool DependsOn(Resource resource, Resource on) =>
        resource != on &&
        (resource.Parent == on || resource.References.Contains(on) || resource.Waits.Exists(w => w.Dependency == on) ||
         resource.References.Exists(r => r.Parent == on) || resource.Waits.Exists(w => w.Dependency.Parent == on));

    private async Task AnnounceAsync(CancellationToken ct)
    {
        if (builder.IsTest) return;
        try
        {
            var all = WaitForAllAsync(ct);
            while (await Task.WhenAny(all, Task.Delay(NewsInterval, ct)) != all && !ct.IsCancellationRequested)
            {
                foreach (var e in notifications.Snapshots().Where(e => !IsSettled(e.Snapshot)))
                    terminal.Say($"Still waiting for {e.ResourceId}: {e.Snapshot.Unhealthy ?? e.Snapshot.State?.Text}");
            }

            await all;
            foreach (var line in ReadyTable.Lines(builder.Resources, notifications.Snapshots(), clock.Elapsed)) terminal.Say(line);
        }
        catch (OperationCanceledException)
        {
            // Stopped before everything was ready.
        }
    }

    private async Task WaitForAllAsync(CancellationToken ct)
    {
        var settled = new HashSet<string>();
        var expected = runners.Count;
        await foreach (var e in notifications.WatchAsync(ct))
        {
            if (IsSettled(e.Snapshot)) settled.Add(e.ResourceId);
            if (settled.Count == expected) return;
        }
    }

    private static bool IsSettled(CustomResourceSnapshot snapshot) =>
        ResourceNotificationService.IsReady(snapshot) || snapshot.State?.Text == KnownResourceStates.Finished;
}
