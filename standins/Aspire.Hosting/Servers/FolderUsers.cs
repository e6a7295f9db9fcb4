using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Servers;

/// <summary>
/// The servers that still run on a data folder: both kinds make it their working directory, which /proc tells.
/// Elsewhere than on Linux nobody is found, and the servers' own locks are what is left.
/// </summary>
internal static class FolderUsers
{
    /// <summary>A server told to stop writes down what it holds first.</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly string[] Servers = ["postgres", "redis-server", "valkey-server"];

    /// <summary>Process ids of the servers in that folder.</summary>
    public static IReadOnlyList<int> Find(string folder)
    {
        if (!Directory.Exists("/proc/self"))
            return [];

        var real = new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName
            ?? Path.GetFullPath(folder);
        return
        [
            .. Directory.EnumerateDirectories("/proc")
                .Where(process => int.TryParse(Path.GetFileName(process), out _) && IsServerIn(process, real))
                .Select(process => int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture)),
        ];
    }

    /// <summary>Waits for a server that is on its way out.</summary>
    /// <exception cref="DistributedApplicationException">One stays.</exception>
    public static async Task WaitUntilGoneAsync(string folder, TimeSpan patience, Action<string> log, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        for (var said = false; Find(folder) is [var first, ..]; said = true)
        {
            if (!said)
                log($"Waiting for the server that still runs on {folder} (process {first})");
            if (Stopwatch.GetElapsedTime(since) > patience)
                throw new DistributedApplicationException(
                    $"A server (process {first}) still runs on {folder}: stop it (kill {first}), then start again.");
            await Task.Delay(Pause, ct);
        }
    }

    private static bool IsServerIn(string process, string folder)
    {
        try
        {
            return Servers.Contains(File.ReadAllText(Path.Combine(process, "comm")).Trim())
                && new FileInfo(Path.Combine(process, "cwd")).LinkTarget == folder;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
