using System.Diagnostics;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>The <c>nimbus</c> command as a process of its own, as a user starts it.</summary>
internal sealed class NimbusCommand : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private NimbusCommand(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static NimbusCommand Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "exec", System.IO.Path.Combine(AppContext.BaseDirectory, "nimbus.dll") },
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new NimbusCommand(Process.Start(start)!);
    }

    /// <summary>Import of <paramref name="file"/> into <paramref name="project"/>.</summary>
    public static NimbusCommand Import(TestProject project, string file, params string[] more) => Start(
    [
        "import", file, "--url", project.Owner.Nimbus.Gateway.BaseAddress!.ToString(),
        "--key-id", project.Project.ApiKeyId, "--secret", project.Secret, .. more,
    ]);

    public void Interrupt() => Signals.Send(_process.Id, Signals.Interrupt);

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code, and what was printed to both streams.</returns>
    public async Task<(int ExitCode, string Output)> EndAsync(TimeSpan within)
    {
        await _process.WaitForExitAsync().WaitAsync(within);
        return (_process.ExitCode, await _output + await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }
}
