using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nimbus.IngestService.Buffering;

namespace Nimbus.IngestService.Writing;

/// <summary>How the writer is getting on.</summary>
internal sealed class WriterState : IHealthCheck
{
    private readonly ConcurrentDictionary<object, string> _faults = new();

    private long _lagTicks;
    private long _oldestTicks;

    /// <summary>What a lane is waiting out; null while all of them work.</summary>
    public string? Fault => _faults.Values.FirstOrDefault();

    /// <summary>Age of the oldest entry that is not stored.</summary>
    public TimeSpan Lag
    {
        get => new(Volatile.Read(ref _lagTicks));
        set => Volatile.Write(ref _lagTicks, value.Ticks);
    }

    /// <summary>When the stream was last looked at, or when what waited longest in it then was added.</summary>
    public DateTimeOffset OldestWaiting
    {
        get => new(Volatile.Read(ref _oldestTicks), TimeSpan.Zero);
        set => Volatile.Write(ref _oldestTicks, value.UtcTicks);
    }

    /// <summary>Says what a lane waits out.</summary>
    public void Waits(WriterLane lane, string fault) => _faults[lane] = fault;

    /// <summary>Says that a lane works, or has nothing to do.</summary>
    public void Works(WriterLane lane) => _faults.TryRemove(lane, out _);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var lag = $"the oldest entry waits for {Lag.TotalSeconds:0.0} s";
        return Task.FromResult(
            Fault is { } fault ? HealthCheckResult.Degraded($"Waiting until this passes: {fault}; {lag}")
            : Lag > Backlog.Stalled ? HealthCheckResult.Degraded($"Behind: {lag}")
            : HealthCheckResult.Healthy(lag));
    }
}
