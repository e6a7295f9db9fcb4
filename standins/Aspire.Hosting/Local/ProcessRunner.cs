using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Servers;

namespace Aspire.Hosting.Local;

/// <summary>The life of one process: waits, starts, is watched, is started again when it crashes, is stopped.</summary>
/// <param name="shared">By endpoint name, the addresses that it shares with other replicas.</param>
internal sealed class ProcessRunner(
    Launch launch, IReadOnlyDictionary<string, RoundRobinProxy> shared, ResourceNotificationService notifications, Run run) : IRunner
{
    private const int LinesKept = 20;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);

    // Crashes by signal before the first healthy moment that are put down to bad luck.
    private const int EarlyCrashes = 3;

    private readonly CancellationTokenSource stop = new();
    private readonly Queue<string> lastLines = [];
    private Task life = Task.CompletedTask;
    private volatile TaskCompletionSource? restarted;
    private volatile Process? current;
    private int stopSignal;

    public Resource Resource => launch.Resource;

    public string Id => launch.ReplicaId;

    public void Start() => life = LiveAsync();

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await life;
    }

    /// <summary>Stops the process as at the end, and returns once another one runs.</summary>
    public async Task RestartAsync(CancellationToken ct)
    {
        if (current is not { HasExited: false } process) return;
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        restarted = again;
        await StopProcessAsync(process, stopSignal);
        await again.Task.WaitAsync(ct);
    }

    public void Dispose() => stop.Dispose();

    [SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong is the resource's state, not the end of us.")]
    private async Task LiveAsync()
    {
        try
        {
            Publish(s => s with { State = new(KnownResourceStates.Waiting, null) });
            await Waiting.ForDependenciesAsync(Resource, notifications, stop.Token);
            await RunAgainAndAgainAsync();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Publish(s => s with { State = new(KnownResourceStates.Finished, null) });
        }
        catch (Exception e)
        {
            var why = e is DistributedApplicationException ? e.Message : e.ToString();
            Publish(s => s with { State = new(KnownResourceStates.FailedToStart, null), Unhealthy = why });
            run.Failed(Resource, e is DistributedApplicationException ? why : $"{Resource.Name} could not be started: {why}");
        }
    }

    private async Task RunAgainAndAgainAsync()
    {
        for (var crashes = 0; ;)
        {
            Publish(s => s with { State = new(KnownResourceStates.Starting, null), ExitCode = null });
            var process = await Resource.PrepareAsync(launch, stop.Token);
            var clock = Stopwatch.StartNew();
            var exitCode = await RunOnceAsync(process);
            stop.Token.ThrowIfCancellationRequested();
            if (restarted is not null) continue;

            var ready = notifications.TryGetCurrentState(Id, out var e) && e.Snapshot.IsReady;
            if (!Resource.IsRestarted || exitCode == 0)
            {
                launch.Log($"ended with exit code {exitCode}");
                Publish(s => Ended(s, exitCode));
                return;
            }

            // A service that says at once why it cannot run is not helped by starting it again; one that a signal has
            // ended may be.
            if (!ready && (exitCode < 128 || crashes >= EarlyCrashes))
            {
                Publish(s => Ended(s, exitCode));
                run.Failed(Resource, $"{Resource.Name} ended with exit code {exitCode} before it was ready: {LastWords()}");
                return;
            }

            if (clock.Elapsed > Steady) crashes = 0;
            var pause = TimeSpan.FromSeconds(Math.Min(LongestBackOff.TotalSeconds, 0.5 * Math.Pow(2, crashes++)));
            Publish(s => Ended(s, exitCode) with { State = new(KnownResourceStates.Starting, null) });
            launch.Log(string.Create(CultureInfo.InvariantCulture,
                $"crashed ({Describe(exitCode)}); starting it again in {pause.TotalSeconds:0.#} s"));
            await Task.Delay(pause, stop.Token);
        }
    }

    private async Task<int> RunOnceAsync(ServerProcess what)
    {
        using var process = await ChildThread.StartAsync(what);
        if (StartedProcess.Of(process, what.StopSignal) is { } started) launch.Folder.Started(started);
        process.StandardInput.Close();
        (current, stopSignal) = (process, what.StopSignal);
        var output = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        Publish(s => s with
        {
            State = new(KnownResourceStates.Running, null),
            Properties = [new("executable.pid", process.Id)],
            EnvironmentVariables = [.. what.Environment.Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, true))],
            IsHealthy = false,
        });
        foreach (var (endpoint, proxy) in shared) proxy.Runs(launch.Ports[endpoint]);

        Interlocked.Exchange(ref restarted, null)?.TrySetResult();

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var health = run.WatchHealthAsync(Resource, Id, watching.Token);
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            await StopProcessAsync(process, what.StopSignal);
        }

        LeaveSharedAddresses();
        await watching.CancelAsync();
        await health;
        // What the process has started itself and left running goes with it.
        Signal.Send(-process.Id, Signal.Kill);
        launch.Folder.Ended(process.Id);
        await Task.WhenAny(output, Task.Delay(TimeSpan.FromSeconds(1)));
        return process.ExitCode;
    }

    private async Task StopProcessAsync(Process process, int signal)
    {
        LeaveSharedAddresses();
        Signal.Send(process.Id, signal);
        try
        {
            await process.WaitForExitAsync().WaitAsync(Grace);
        }
        catch (TimeoutException)
        {
            launch.Log($"did not stop within {Grace.TotalSeconds:0} s and was killed");
            Signal.Send(-process.Id, Signal.Kill);
            await process.WaitForExitAsync();
        }
    }

    private void LeaveSharedAddresses()
    {
        foreach (var (endpoint, proxy) in shared) proxy.Stops(launch.Ports[endpoint]);
    }

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (lastLines)
            {
                lastLines.Enqueue(line);
                if (lastLines.Count > LinesKept) lastLines.Dequeue();
            }

            launch.Log(line);
        }
    }

    private string LastWords()
    {
        lock (lastLines) return lastLines.LastOrDefault(line => line.Trim().Length > 0)?.Trim() ?? "it said nothing.";
    }

    private static CustomResourceSnapshot Ended(CustomResourceSnapshot snapshot, int exitCode) => snapshot with
    {
        State = new(KnownResourceStates.Finished, null),
        ExitCode = exitCode,
        Properties = [],
        IsHealthy = false,
    };

    private static string Describe(int exitCode) =>
        exitCode > 128 ? $"signal {exitCode - 128}" : $"exit code {exitCode}";

    private void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        notifications.Publish(Resource, Id, change);
}
