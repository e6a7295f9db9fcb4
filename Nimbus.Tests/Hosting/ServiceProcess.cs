using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Nimbus.Tests.Hosting;

/// <summary>A service as a process of its own, with nothing but the given environment, on a free port that it chose itself.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ServiceProcess(string program, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, program) },
        };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Client { get; } = new();

    /// <summary>Everything it printed so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts <c>Nimbus.Something.dll</c>, and waits until this path answers well.</summary>
    public static async Task<ServiceProcess> StartAsync(string program, Dictionary<string, string> environment, string ready = "/readiness")
    {
        var service = new ServiceProcess(program, environment);
        try
        {
            await Eventually.TrueAsync(
                async () => service.Client.BaseAddress is not null && (await service.Client.GetAsync(ready)).IsSuccessStatusCode,
                () => $"{program} is not ready: {service.Output}", Patience);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks it to stop, as an orchestrator does.</summary>
    public void AskToStop() => Signals.Send(_process.Id, Signals.Terminate);

    /// <summary>Its exit code, once it has ended.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Client.Dispose();
    }

    private void Take(string? line)
    {
        _output.Enqueue(line ?? "");
        if (Listening().Match(line ?? "") is { Success: true } found)
            Client.BaseAddress ??= new Uri(found.Value);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9]\d*")]
    private static partial Regex Listening();
}
