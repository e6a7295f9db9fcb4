using System.Diagnostics;

namespace Nimbus.Tests.Hosting;

/// <summary>The machine's own Chromium, installed where that can be done, once for all tests.</summary>
internal static class Chromium
{
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task<string>> Found = new(FindOrInstallAsync);

    /// <summary>Its path; empty where there is none and none can be had.</summary>
    public static Task<string> PathAsync() => Found.Value;

    public const string Missing = "no Chromium on this machine; install it, or set CHROME_PATH to one";

    private static async Task<string> FindOrInstallAsync()
    {
        if (Find() is null && OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && File.Exists("/usr/bin/apt-get"))
        {
            await RunAsync("update", "-qq");
            await RunAsync("install", "-y", "-qq", "--no-install-recommends", "chromium");
        }
        return Find() ?? "";
    }

    private static string? Find() =>
        new[] { Environment.GetEnvironmentVariable("CHROME_PATH"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
            .FirstOrDefault(path => path is not null && File.Exists(path));

    private static async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("apt-get") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var read = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(InstallTimeout);
            await read;
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
