using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Aspire.Hosting.Servers;

namespace Aspire.Hosting.Local;

/// <summary>Starts every child process, from one thread that lives as long as this process.</summary>
internal static class ChildThread
{
    // TRICKY: the kernel sends the parent-death signal when the *thread* that made the child ends, so a thread of the
    // pool, which comes and goes, would kill healthy children.
    private static readonly BlockingCollection<Action> Work = [];

    // What real Aspire does not hand on either: it speaks of the AppHost, not of its children.
    private static readonly string[] NotInherited =
        ["ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];

    static ChildThread() => new Thread(Run) { IsBackground = true, Name = "starts children" }.Start();

    /// <summary>
    /// Starts a process in a session of its own, which Ctrl-C in our terminal does not reach, and which the kernel
    /// kills when we die. Throws <see cref="DistributedApplicationException"/> when it cannot be started.
    /// </summary>
    public static Task<Process> StartAsync(ServerProcess what)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(Describe(what))!);
            }
            catch (Exception e) when (e is Win32Exception or InvalidOperationException)
            {
                started.SetException(new DistributedApplicationException(
                    $"Processes are started through setsid and setpriv, which this machine lacks: install util-linux. ({e.Message})", e));
            }
        });
        return started.Task;
    }

    private static void Run()
    {
        foreach (var start in Work.GetConsumingEnumerable()) start();
    }

    private static ProcessStartInfo Describe(ServerProcess what)
    {
        // setsid and setpriv replace themselves by what they start, so the process id stays the one we are told.
        var info = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = what.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["setpriv", "--pdeathsig", "KILL", "--", what.FileName, .. what.Arguments])
            info.ArgumentList.Add(argument);
        foreach (var name in NotInherited) info.Environment.Remove(name);
        foreach (var (name, value) in what.Environment) info.Environment[name] = value;
        return info;
    }
}
