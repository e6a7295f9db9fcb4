using System.Diagnostics;
using Nimbus.Tests.EndToEnd;

namespace Nimbus.Tests.Durability;

/// <summary>A disk in memory of a few megabytes, to be full.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TemporaryFolder _mount = new();

    private string Filler => Path.Combine(_mount.Path, "filler");

    /// <summary>An empty folder on it.</summary>
    public string Folder => Path.Combine(_mount.Path, "data");

    /// <summary>Takes away what still uses it.</summary>
    public Func<Task> BeforeUnmounting { get; set; } = () => Task.CompletedTask;

    /// <summary>Skips the test where nothing may be mounted.</summary>
    public static async Task<SmallDisk> MountAsync(int mebibytes)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root of Linux mounts disks");
        var disk = new SmallDisk();
        var failure = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", disk._mount.Path);
        if (failure.Length > 0)
        {
            disk._mount.Dispose();
            Skip.If(true, $"nothing can be mounted here: {failure}");
        }
        Directory.CreateDirectory(disk.Folder);
        return disk;
    }

    /// <summary>Leaves no byte free.</summary>
    public void Fill()
    {
        using var filler = File.Create(Filler);
        var zeros = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(zeros);
                filler.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        Free();
        await BeforeUnmounting();
        Assert.Equal("", await RunAsync("umount", _mount.Path));
        _mount.Dispose();
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? "" : errors.Trim() is { Length: > 0 } said ? said : $"{program} failed";
    }
}
