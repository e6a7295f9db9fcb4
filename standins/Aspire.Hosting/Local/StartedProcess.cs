using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Local;

/// <summary>A process we have started, told from a later one of the same number by when it was started.</summary>
/// <param name="Id">Its process id; it leads a session and a process group of the same number.</param>
/// <param name="StartedAt">The boot it was started in and the clock tick of that boot.</param>
/// <param name="StopSignal">The signal that asks it to stop.</param>
internal sealed record StartedProcess(int Id, string StartedAt, int StopSignal)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Null when it has ended before it could be looked at.</summary>
    public static StartedProcess? Of(Process process, int stopSignal) =>
        StartOf(process.Id) is { } start ? new StartedProcess(process.Id, start, stopSignal) : null;

    public bool IsAlive => StartOf(Id) == StartedAt;

    /// <summary>Asks it to stop, and kills it and what it has started if it has not after a while.</summary>
    public async Task StopAsync()
    {
        if (IsAlive) Signal.Send(Id, StopSignal);
        var patience = Stopwatch.StartNew();
        while (IsAlive && patience.Elapsed < Grace) await Task.Delay(50);
        Kill();
        while (IsAlive && patience.Elapsed < 2 * Grace) await Task.Delay(20);
    }

    public void Kill()
    {
        if (IsAlive) Signal.Send(-Id, Signal.Kill);
    }

    public static List<StartedProcess> Read(string file)
    {
        if (!File.Exists(file)) return [];
        var processes = new List<StartedProcess>();
        foreach (var line in File.ReadLines(file))
        {
            var parts = line.Split('\t');
            if (parts.Length == 3 && int.TryParse(parts[0], out var id) && int.TryParse(parts[2], out var signal))
                processes.Add(new StartedProcess(id, parts[1], signal));
        }

        return processes;
    }

    public static void Write(string file, IEnumerable<StartedProcess> processes)
    {
        var beside = file + ".new";
        File.WriteAllLines(beside, processes.Select(p =>
            string.Create(CultureInfo.InvariantCulture, $"{p.Id}\t{p.StartedAt}\t{p.StopSignal}")));
        File.Move(beside, file, overwrite: true);
    }

    private static string? StartOf(int id)
    {
        try
        {
            // proc(5): the command stands in parentheses and may hold anything; field 3 is the state, 22 the start.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : $"{BootId.Value}/{fields[19]}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static readonly Lazy<string> BootId = new(() =>
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());
}
