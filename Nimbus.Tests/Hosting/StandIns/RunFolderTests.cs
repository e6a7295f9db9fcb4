using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.Local;

namespace Nimbus.Tests.Hosting.StandIns;

public sealed class RunFolderTests : IDisposable
{
    private const int Sigterm = 15;

    private readonly string path = Directory.CreateTempSubdirectory("nimbus-run-folder-").FullName;

    [Fact]
    public async Task The_next_run_stops_what_a_killed_one_has_left_behind_and_keeps_its_data()
    {
        using var sleeper = Process.Start("setsid", ["sleep", "600"]);
        using (var killed = RunFolder.Open(path))
        {
            killed.Started(StartedProcess.Of(sleeper, Sigterm)!);
            Directory.CreateDirectory(killed.Volume("kept"));
            Directory.CreateDirectory(killed.Scratch("not-kept"));
        }

        using var next = RunFolder.Open(path);
        var stopped = await next.CleanAsync();

        Assert.Equal(1, stopped);
        Assert.True(sleeper.WaitForExit(5_000));
        Assert.Empty(next.Leftovers);
        Assert.True(Directory.Exists(next.Volume("kept")));
        Assert.False(Directory.Exists(next.Scratch("not-kept")));
    }

    [Fact]
    public void One_run_at_a_time_holds_the_folder()
    {
        using (RunFolder.Open(path))
        {
            var refused = Assert.Throws<DistributedApplicationException>(() => RunFolder.Open(path));
            Assert.Contains($"process {Environment.ProcessId}", refused.Message);
        }

        using var next = RunFolder.Open(path);
        Assert.Equal(path, next.Path);
    }

    public void Dispose() => Directory.Delete(path, recursive: true);
}
