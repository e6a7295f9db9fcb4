using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.IngestService.Writing;

/// <summary>How the writer is getting on.</summary>
internal sealed class WriterState : IHealthCheck
{
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);

    private volatile string? _fault;
    private long _lagTicks;
    private long _oldestTicks;

    /// <summary>What it is waiting out; null while it works.</summary>
    public string? Fault
    {
        get => _fault;
        set => _fault = value;
    }

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

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var lag = $"the oldest entry waits for {Lag.TotalSeconds:0.0} s";
        return Task.FromResult(
            Fault is { } fault ? HealthCheckResult.Degraded($"Waiting until this passes: {fault}; {lag}")
            : Lag > Stalled ? HealthCheckResult.Degraded($"Behind: {lag}")
            : HealthCheckResult.Healthy(lag));
    }
}
