using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local;

/// <summary>signal(7).</summary>
internal static class Signal
{
    public const int Kill = 9;

    /// <summary>Sends a signal to a process, or to a process group by its negative number. One that is gone gets none.</summary>
    public static void Send(int processId, int signal) => _ = SendSignal(processId, signal);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
