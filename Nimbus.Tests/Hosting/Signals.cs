using System.Runtime.InteropServices;

namespace Nimbus.Tests.Hosting;

/// <summary>Signals that .NET's own Process cannot send; a new machine has no program that sends them either.</summary>
internal static class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    public static void Send(int processId, int signal) =>
        Assert.True(SendSignal(processId, signal) == 0, $"kill -{signal} {processId} failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
