using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.ServiceDefaults;

/// <summary>healthy, degraded or unhealthy.</summary>
public sealed record HealthSummary(HealthStatus Status);
