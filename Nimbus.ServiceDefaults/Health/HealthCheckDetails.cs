using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.ServiceDefaults;

/// <summary>The outcome of one check.</summary>
/// <param name="Description">What the check says of itself, or null.</param>
internal sealed record HealthCheckDetails(string Name, HealthStatus Status, string? Description, double DurationMs);
