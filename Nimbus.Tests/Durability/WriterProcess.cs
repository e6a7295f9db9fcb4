using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Durability;

/// <summary>A writer, or another service, as a process of the test's own, which may be stopped and killed without the running system's noticing.</summary>
internal sealed class WriterProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private WriterProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static WriterProcess Start(IReadOnlyDictionary<string, string> settings) =>
        StartService("Nimbus.IngestService", 0, settings, "--role", "writer");

    /// <summary>Another service in the same way.</summary>
    /// <param name="assembly">For example <c>Nimbus.QueryService</c>.</param>
    /// <param name="port">On 127.0.0.1; 0 is any.</param>
    public static WriterProcess StartService(string assembly, int port, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll") },
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Nimbus__MasterKey"] = NimbusSystem.MasterKey;
        foreach (var (name, value) in settings)
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        return new WriterProcess(new Process { StartInfo = start });
    }

    public int Id => _process.Id;

    /// <summary>Everything it printed so far.</summary>
    public string Output => string.Join('\n', _output);

    public bool Says(string text) => _output.Any(line => line.Contains(text, StringComparison.Ordinal));

    public async Task WaitUntilItSaysAsync(string text, TimeSpan? within = null) => await Eventually.TrueAsync(
        () => Task.FromResult(Says(text)), () => $"the writer does not say '{text}':\n{Output}", within ?? TimeSpan.FromSeconds(20));

    /// <summary>Stops it in its tracks, as a machine that stands still would.</summary>
    public void Suspend() => Signals.Send(_process.Id, Signals.Stop);

    public void Continue() => Signals.Send(_process.Id, Signals.Continue);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
