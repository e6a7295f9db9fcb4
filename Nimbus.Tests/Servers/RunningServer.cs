using System.Collections.Concurrent;
using System.Diagnostics;
using Aspire.Hosting.Servers;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Servers;

/// <summary>A server process of a test, which ends with the test.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // A server may be tied to the thread that starts it, and those of tests come and go.
    private static readonly BlockingCollection<Action> Starts = StartingThread();

    private readonly Process process;
    private readonly ServerProcess server;
    private readonly List<string> output = [];

    private RunningServer(ServerProcess server)
    {
        this.server = server;
        var start = new ProcessStartInfo(server.FileName, server.Arguments)
        {
            WorkingDirectory = server.WorkingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in server.Environment)
            start.Environment[name] = value;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public int ProcessId => process.Id;

    /// <summary>Starts the server and returns once the check passes.</summary>
    public static async Task<RunningServer> StartAsync(ServerProcess server, Func<CancellationToken, Task> check)
    {
        var running = new RunningServer(server);
        var started = new TaskCompletionSource();
        Starts.Add(() =>
        {
            running.process.Start();
            started.SetResult();
        });
        await started.Task.WaitAsync(Patience);
        running.process.BeginOutputReadLine();
        running.process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                await check(limit.Token);
                return running;
            }
            catch (Exception notYet) when (!running.process.HasExited && !limit.IsCancellationRequested
                && notYet is not Aspire.Hosting.DistributedApplicationException)
            {
                await Task.Delay(20);
            }
            catch (Exception failure)
            {
                await running.KillAsync();
                throw new InvalidOperationException($"Exit code {running.process.ExitCode}. {running.Said()}", failure);
            }
        }
    }

    /// <summary>Stops it the way the host does; returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Signals.Send(process.Id, server.StopSignal);
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    /// <summary>Ends it and its children as a power cut would.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Ends the one process and none of its children.</summary>
    public async Task KillAloneAsync()
    {
        process.Kill();
        // Not WaitForExitAsync: that waits for the end of the output too, which the children hold open.
        await Task.Run(() => process.WaitForExit(Patience));
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await KillAsync();
        process.Dispose();
    }

    private static BlockingCollection<Action> StartingThread()
    {
        var starts = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true }.Start();
        return starts;
    }

    private void Keep(string? line)
    {
        lock (output)
            output.Add(line ?? "");
    }

    private string Said()
    {
        lock (output)
            return string.Join('\n', output);
    }
}
