using System.Diagnostics;
using Aspire.Hosting.Local;

namespace Nimbus.Tests.Hosting.StandIns;

/// <summary>Leftovers of a killed run: found by process id and start, and nobody else's process with them.</summary>
public sealed class StartedProcessTests : IDisposable
{
    private const int Sigterm = 15;

    private readonly string file = Path.GetTempFileName();

    [Fact]
    public async Task A_process_that_still_runs_is_found_and_stopped()
    {
        using var sleeper = Process.Start("setsid", ["sleep", "600"]);
        StartedProcess.Write(file, [StartedProcess.Of(sleeper, Sigterm)!]);

        var found = Assert.Single(StartedProcess.Read(file));
        Assert.True(found.IsAlive);
        await found.StopAsync();

        Assert.True(sleeper.WaitForExit(5_000));
        Assert.False(found.IsAlive);
    }

    [Fact]
    public async Task A_process_that_got_the_number_of_an_earlier_one_is_left_alone()
    {
        using var sleeper = Process.Start("setsid", ["sleep", "600"]);
        var other = StartedProcess.Of(sleeper, Sigterm)! with { StartedAt = "another boot/1" };

        Assert.False(other.IsAlive);
        other.Kill();
        await other.StopAsync();

        Assert.False(sleeper.HasExited);
        sleeper.Kill();
    }

    public void Dispose() => File.Delete(file);
}
