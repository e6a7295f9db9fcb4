using System.Runtime.InteropServices;

namespace Nimbus.Cli;

internal static class Program
{
    /// <summary>The first Ctrl-C or SIGTERM asks the command to stop in good order; a second one ends it at once.</summary>
    private static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        var received = default(PosixSignal?);
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = received is null;
            received ??= signal.Signal;
            if (signal.Cancel)
                stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var exitCode = await NimbusCommand.RunAsync(args, Console.Out, Console.Error, stop.Token);
        return exitCode == ExitCode.Stopped && received == PosixSignal.SIGTERM ? ExitCode.Terminated : exitCode;
    }
}
