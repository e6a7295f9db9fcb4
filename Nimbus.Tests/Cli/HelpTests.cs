using System.Diagnostics;

namespace Nimbus.Tests.Cli;

/// <summary>What is shown to whoever asks for it, and to whoever looks over their shoulder.</summary>
public sealed class HelpTests
{
    [Theory]
    [InlineData("export")]
    [InlineData("users", "reset-password")]
    [InlineData("dead-letters", "list")]
    [InlineData("import")]
    [InlineData("backup")]
    [InlineData("restore")]
    [InlineData("doctor")]
    public async Task Help_prints_no_secret_of_the_environment(params string[] command)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "nimbus.dll"), .. command, "--help"]) { RedirectStandardOutput = true };
        foreach (var name in (string[])["NIMBUS_TOKEN", "NIMBUS_SECRET", "NIMBUS_KEY_SECRET", "ConnectionStrings__eventsdb", "ConnectionStrings__identitydb", "ConnectionStrings__redis", "Nimbus__MasterKey"])
            start.Environment[name] = "hunter2";
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Contains("Options:", said, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", said, StringComparison.Ordinal);
    }
}
