using System.Diagnostics;

namespace Nimbus.Tests.Hosting;

/// <summary>
/// Prometheus' own checker of rules: the machine's, or taken out of Debian's package, which is downloaded and not installed, so that
/// no server of it starts.
/// </summary>
internal static class Promtool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly Lazy<Task<string?>> Found = new(FindOrFetchAsync);

    /// <summary>Runs it in a folder; what it says, and whether all is well.</summary>
    public static async Task<(bool IsWell, string Said)> RunAsync(string folder, params string[] arguments)
    {
        var program = await Found.Value;
        Skip.If(program is null, "no promtool on this machine, and no package of Debian's to take it from: install prometheus");
        return await RunAsync(folder, program!, arguments);
    }

    private static async Task<string?> FindOrFetchAsync()
    {
        var installed = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        if (installed is not null || !OperatingSystem.IsLinux() || !File.Exists("/usr/bin/apt-get"))
            return installed;
        var tools = Directory.CreateDirectory(Path.Combine(TestData.RepositoryRoot, "artifacts", "tools", "prometheus")).FullName;
        var promtool = Path.Combine(tools, "usr", "bin", "promtool");
        if (File.Exists(promtool))
            return promtool;
        if (!(await RunAsync(tools, "/usr/bin/apt-get", ["download", "-qq", "prometheus"])).IsWell && Environment.IsPrivilegedProcess)
        {
            await RunAsync(tools, "/usr/bin/apt-get", ["update", "-qq"]);
            await RunAsync(tools, "/usr/bin/apt-get", ["download", "-qq", "prometheus"]);
        }
        foreach (var package in Directory.EnumerateFiles(tools, "prometheus_*.deb"))
            await RunAsync(tools, "/usr/bin/dpkg-deb", ["-x", package, tools]);
        return File.Exists(promtool) ? promtool : null;
    }

    private static async Task<(bool IsWell, string Said)> RunAsync(string folder, string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (false, $"{program} took longer than {Patience}");
        }
        return (process.ExitCode == 0, string.Concat(await said));
    }
}
