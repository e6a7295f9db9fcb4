using System.Globalization;

namespace Nimbus.Benchmarks;

/// <summary>What processes use of the machine, from <c>/proc</c>. A process counts with those it started, as a database server's sessions.</summary>
internal static class ProcessUse
{
    // Linux counts the time of processes in hundredths of a second, whatever its own clock's rate.
    private const double TicksPerSecond = 100;

    /// <summary>Processor time so far, that of children that have ended included; null where there is no such process to see.</summary>
    public static TimeSpan? CpuTime(int? processId)
    {
        if (processId is not { } root || !Directory.Exists($"/proc/{root}"))
            return null;
        return TimeSpan.FromSeconds(Tree(root).Sum(process => process.Ticks) / TicksPerSecond);
    }

    /// <summary>Memory that the process itself has in use; null where there is no such process to see.</summary>
    public static long? MemoryBytes(int? processId)
    {
        try
        {
            return processId is { } id
                ? long.Parse(File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// Memory of the process and those it started, each page divided by the number of processes that share it: of a database server's
    /// sessions that is its buffers once. Null where there is no such process to see.
    /// </summary>
    public static long? TreeMemoryBytes(int? processId)
    {
        if (processId is not { } root || !Directory.Exists($"/proc/{root}"))
            return null;
        var bytes = 0L;
        foreach (var process in Tree(root))
        {
            try
            {
                var line = File.ReadLines($"/proc/{process.Id}/smaps_rollup").FirstOrDefault(text => text.StartsWith("Pss:", StringComparison.Ordinal));
                bytes += line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }
        return bytes;
    }

    /// <summary>Processor time that all processes of the machine have used.</summary>
    public static TimeSpan MachineCpuTime()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]
            .Select(field => double.Parse(field, CultureInfo.InvariantCulture)).ToList();
        // user, nice, system, (idle, iowait), irq, softirq
        return TimeSpan.FromSeconds((fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / TicksPerSecond);
    }

    private static List<ProcessTime> Tree(int root)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => name!.All(char.IsAsciiDigit)).Select(name => Read(name!)).OfType<ProcessTime>().ToList();
        var byParent = all.ToLookup(process => process.Parent);
        var tree = all.Where(process => process.Id == root).ToList();
        for (var i = 0; i < tree.Count; i++)
            tree.AddRange(byParent[tree[i].Id]);
        return tree;
    }

    private static ProcessTime? Read(string id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            // The name, in parentheses, may hold anything.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
            return new ProcessTime(int.Parse(id, CultureInfo.InvariantCulture), (int)Field(1), Field(11) + Field(12) + Field(13) + Field(14));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record ProcessTime(int Id, int Parent, long Ticks);
}
