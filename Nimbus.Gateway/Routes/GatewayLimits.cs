using System.ComponentModel.DataAnnotations;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Routes;

/// <summary>What the gateway lets through and shows (<c>Nimbus:Gateway</c>).</summary>
public sealed record GatewayLimits
{
    /// <summary>
    /// Bytes of a request's body as sent, compressed or not; beyond it the answer is 413. The largest batch that an SDK
    /// sends is 20 MB; intake has narrower limits of its own.
    /// </summary>
    [Range(1024, 1L << 30)] public long MaxBodyBytes { get; init; } = 20 << 20;

    /// <summary>How long a request waits for a service that takes no connections, as while it is replaced; then 502.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")] public TimeSpan ConnectPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the gateway's own <c>/metrics</c> answers to anybody: only where no stranger reaches this port. The other services'
    /// are never to be reached through it.
    /// </summary>
    public bool Metrics { get; init; }

    /// <summary>
    /// Whether plain HTTP is refused: 403 <c>https_required</c>, and no redirect, which clients that send events take for
    /// success. Probes are answered. What counts is what a trusted proxy says the client used (<c>Nimbus:TrustedProxies</c>).
    /// </summary>
    public bool RequireHttps { get; init; }

    /// <summary>The gateway's own <c>/metrics</c> answers to whoever shows this as a Bearer token; Prometheus has it in a file.</summary>
    [AtLeastBytes(16)] public string? MetricsToken { get; init; }
}
