using System.Globalization;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>What each process of the system has used, at one moment.</summary>
internal sealed record SystemUse(
    IReadOnlyDictionary<string, TimeSpan> CpuTimes, TimeSpan MachineCpuTime, IReadOnlyDictionary<string, long> AllocatedBytes, DateTimeOffset At)
{
    /// <summary>The load and AppHost, which is this process.</summary>
    public const string Sender = "load generator";

    public const string Rest = "everything else";

    /// <summary>The processes of an event's path, in its order, and then the others.</summary>
    public static readonly string[] Resources = ["gateway", "ingest", "redis", "ingest-writer", "postgres", "query", "identity"];

    public static readonly string[] Allocating = ["gateway", "ingest", "ingest-writer"];

    public static async Task<SystemUse> NowAsync(RunningNimbus nimbus, CancellationToken ct)
    {
        var allocated = new Dictionary<string, long>();
        foreach (var resource in Allocating)
            allocated[resource] = await AllocatedAsync(nimbus, resource, ct);
        var cpu = new Dictionary<string, TimeSpan> { [Sender] = Environment.CpuUsage.TotalTime };
        foreach (var resource in Resources)
        {
            if (ProcessUse.CpuTime(await nimbus.ProcessIdAsync(resource, ct)) is { } time)
                cpu[resource] = time;
        }
        return new SystemUse(cpu, ProcessUse.MachineCpuTime(), allocated, DateTimeOffset.UtcNow);
    }

    /// <summary>Processor seconds since then, by process, with what the machine did besides as the last.</summary>
    public List<(string Name, double Seconds)> CpuSince(SystemUse before)
    {
        var used = Resources.Prepend(Sender).Where(CpuTimes.ContainsKey)
            .Select(name => (Name: name, (CpuTimes[name] - before.CpuTimes[name]).TotalSeconds)).ToList();
        used.Add((Rest, Math.Max(0, (MachineCpuTime - before.MachineCpuTime).TotalSeconds - used.Sum(u => u.TotalSeconds))));
        return used;
    }

    public double AllocatedSince(SystemUse before, string resource) => AllocatedBytes[resource] - before.AllocatedBytes[resource];

    private static async Task<long> AllocatedAsync(RunningNimbus nimbus, string resource, CancellationToken ct)
    {
        using var service = nimbus.Service(resource);
        var metrics = await service.GetStringAsync("/metrics", ct);
        var line = metrics.Split('\n').First(text => text.StartsWith("dotnet_gc_heap_total_allocated_bytes_total", StringComparison.Ordinal));
        return (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}
