using System.Diagnostics;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>What requests of one event came to.</summary>
/// <param name="PerSecond">Requests a second with all connections busy.</param>
/// <param name="HalfPerSecond">The rate at which the latencies were measured.</param>
/// <param name="P50">Milliseconds from when a request was due to its answer.</param>
/// <param name="CpuMilliseconds">Of a request with all connections busy, by process.</param>
internal sealed record SingleLoadResult(
    double PerSecond, double HalfPerSecond, double P50, double P99, double Slowest, IReadOnlyDictionary<string, double> CpuMilliseconds);

/// <summary>Requests of one event each: how many there can be, and how long each takes at half of that.</summary>
internal sealed class SingleLoad(RunningNimbus nimbus, LoadProject project, Backlog backlog) : IDisposable
{
    private const int Connections = 32;

    private readonly SignedSender _sender = new(nimbus.Gateway, project);
    private readonly List<EventBodies> _bodies = [.. Enumerable.Range(0, Connections).Select(sender => new EventBodies(5_000 + sender, 1, 1))];

    public async Task<SingleLoadResult> RunAsync(TimeSpan duration, CancellationToken ct)
    {
        // Until everything is compiled and connected.
        await SaturateAsync(duration / 2, ct);
        await backlog.DrainAsync(ct);
        var before = await SystemUse.NowAsync(nimbus, ct);
        var most = await SaturateAsync(duration, ct);
        var cpu = (await SystemUse.NowAsync(nimbus, ct)).CpuSince(before)
            .ToDictionary(use => use.Name, use => use.Seconds * 1000 / (most * duration.TotalSeconds));
        await backlog.DrainAsync(ct);
        var latencies = await PaceAsync(most / 2, duration, ct);
        await backlog.DrainAsync(ct);
        return new SingleLoadResult(
            most, most / 2, Report.Percentile(latencies, 0.5), Report.Percentile(latencies, 0.99), Report.Percentile(latencies, 1), cpu);
    }

    private async Task<double> SaturateAsync(TimeSpan duration, CancellationToken ct)
    {
        var sent = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(_bodies.Select(bodies => Task.Run(
            async () =>
            {
                while (clock.Elapsed < duration)
                {
                    await _sender.SendAsync(bodies.Next(DateTimeOffset.UtcNow, 0), ct);
                    Interlocked.Increment(ref sent);
                }
            },
            ct)));
        return sent / clock.Elapsed.TotalSeconds;
    }

    /// <summary>
    /// Sends at a steady rate, whatever the answers do, and counts from when a request was due: a client that waits for a slow
    /// answer before it sends the next would not see that the next one is late.
    /// </summary>
    private async Task<IReadOnlyList<double>> PaceAsync(double perSecond, TimeSpan duration, CancellationToken ct)
    {
        // The first second is not counted: pacing is compiled in it.
        var start = (int)perSecond;
        var count = start + (int)(perSecond * duration.TotalSeconds);
        var latencies = new double[count];
        var next = -1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(_bodies.Select(bodies => Task.Run(
            async () =>
            {
                while (Interlocked.Increment(ref next) is var i && i < count)
                {
                    var due = TimeSpan.FromSeconds(i / perSecond);
                    // A timer is late by a millisecond or so; that much counts as latency.
                    if (due - clock.Elapsed is { Ticks: > 0 } wait)
                        await Task.Delay(wait, ct);
                    await _sender.SendAsync(bodies.Next(DateTimeOffset.UtcNow, 0), ct);
                    latencies[i] = (clock.Elapsed - due).TotalMilliseconds;
                }
            },
            ct)));
        latencies = latencies[start..];
        Array.Sort(latencies);
        return latencies;
    }

    public void Dispose() => _sender.Dispose();
}
