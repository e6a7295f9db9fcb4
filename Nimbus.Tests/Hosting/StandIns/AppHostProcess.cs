using System.Collections.Concurrent;
using System.Diagnostics;

namespace Nimbus.Tests.Hosting.StandIns;

/// <summary>The AppHost as people run it: a process of its own, here on data and ports of its own.</summary>
public sealed class AppHostProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = [];
    private readonly Task reading;

    private AppHostProcess(string folder, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        Folder = folder;
        // Whoever runs the tests in the background has Ctrl-C ignored, and hands that on; env sets it back.
        var start = new ProcessStartInfo("env")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])
            ["--default-signal=INT", "dotnet", "exec", typeof(Projects.Nimbus_AppHost).Assembly.Location, $"--Aspire:Store:Path={folder}", .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        // The user secrets of the run, beside its data.
        start.Environment["APPDATA"] = folder;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        process = Process.Start(start)!;
        reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>Where it keeps its data.</summary>
    public string Folder { get; }

    public int Id => process.Id;

    /// <summary>All it has written, errors included.</summary>
    public IEnumerable<string> Lines => lines;

    /// <summary>On any free ports.</summary>
    public static AppHostProcess Start(string folder, params string[] arguments) =>
        new(folder, ["--DcpPublisher:RandomizePorts=true", .. arguments], new Dictionary<string, string>());

    public static AppHostProcess StartOnItsPorts(string folder) => new(folder, [], new Dictionary<string, string>());

    /// <summary>Waits for the table of addresses. Returns the gateway's.</summary>
    public async Task<Uri> WaitReadyAsync()
    {
        await UntilAsync(() => process.HasExited || lines.Any(l => l.StartsWith("Try:", StringComparison.Ordinal)));
        Assert.False(process.HasExited, string.Join('\n', lines));
        var row = lines.First(l => l.Trim().StartsWith("gateway ", StringComparison.Ordinal) && l.Contains("http://"));
        return new Uri(row[row.IndexOf("http://", StringComparison.Ordinal)..].Trim());
    }

    /// <summary>The processes it has started and that run now.</summary>
    public IReadOnlyList<int> Children() =>
        [.. File.ReadLines(Path.Combine(Folder, "processes")).Select(l => int.Parse(l.Split('\t')[0]))];

    public void Signal(int signal) => Signals.Send(process.Id, signal);

    /// <summary>Waits for its end. Returns the exit code.</summary>
    public async Task<int> WaitForEndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        await reading.WaitAsync(Patience);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    /// <summary>Whether a process runs; one that has ended and that nobody has asked after does not.</summary>
    public static bool IsAlive(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    public static async Task UntilAsync(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition() && clock.Elapsed < Patience) await Task.Delay(20);
    }

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line) lines.Enqueue(line);
    }
}
