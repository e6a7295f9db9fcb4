using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.ServiceDefaults;

/// <summary>The worst status of all checks, and each of them by name.</summary>
/// <param name="Version">Of the service, <see cref="ServiceVersion"/>.</param>
internal sealed record HealthDetails(HealthStatus Status, string Version, IReadOnlyList<HealthCheckDetails> Checks)
{
    public static HealthDetails Of(HealthReport report, Secrets secrets) => new(
        report.Status,
        ServiceVersion.Current,
        [.. report.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new HealthCheckDetails(
            entry.Key,
            entry.Value.Status,
            secrets.Hide(entry.Value.Description),
            Math.Round(entry.Value.Duration.TotalMilliseconds, 1)))]);
}
