using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Sdk;

/// <summary>
/// The vendors' SDKs as they are on npm, installed beside the tests by the lock file, once. Where that cannot be done, the
/// tests that need them are skipped and say why.
/// </summary>
public sealed class NpmPackages : IAsyncLifetime
{
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(5);

    private string? _missing;
    private string? _noBrowser;

    /// <summary>Where the packages and the scripts that use them are.</summary>
    public static string Folder { get; } = Path.Combine(TestData.RepositoryRoot, "Nimbus.Tests", "Sdk");

    public string Chromium { get; private set; } = "";

    public async Task InitializeAsync()
    {
        _missing = await InstallAsync();
        if (_missing is null)
            _noBrowser = await FindChromiumAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Require() => Skip.If(_missing is not null, _missing);

    public void RequireBrowser()
    {
        Require();
        Skip.If(_noBrowser is not null, _noBrowser);
    }

    /// <summary>Starts a script of the folder with Node.</summary>
    public static Process Start(string script, params string[] arguments) => StartCommand("node", [script, .. arguments]);

    /// <returns>Why it cannot be had; null where it is there.</returns>
    private static async Task<string?> InstallAsync()
    {
        var wanted = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"))));
        var stamp = Path.Combine(Folder, "node_modules", ".nimbus-installed");
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
            return null;
        var (code, output) = await RunAsync(
            "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000"]);
        if (code != 0)
            return $"npm ci in {Folder} does not work here, so the SDKs cannot be had: {Last(output)}";
        await File.WriteAllTextAsync(stamp, wanted);
        return null;
    }

    private async Task<string?> FindChromiumAsync()
    {
        Chromium = await Hosting.Chromium.PathAsync();
        return Chromium.Length == 0 ? Hosting.Chromium.Missing : null;
    }

    private static async Task<(int Code, string Output)> RunAsync(string command, string[] arguments)
    {
        try
        {
            using var process = StartCommand(command, arguments);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            try
            {
                await process.WaitForExitAsync().WaitAsync(InstallTimeout);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
                return (-1, $"{command} took longer than {InstallTimeout.TotalMinutes} minutes");
            }
            return (process.ExitCode, await output + await errors);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, $"{command}: {missing.Message}");
        }
    }

    private static Process StartCommand(string command, string[] arguments)
    {
        var start = new ProcessStartInfo(command)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static string Last(string output) => string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(3));
}
