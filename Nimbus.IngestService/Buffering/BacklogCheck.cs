using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>Says on intake that storing has come to a stop: a writer that is not there cannot say so itself.</summary>
internal sealed class BacklogCheck(Backlog backlog) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var age = await backlog.AgeAsync(cancellationToken);
            var waits = $"the oldest entry waits for {age.TotalSeconds:0.0} s to be stored";
            // Intake goes on taking events meanwhile, up to its limit.
            return age > Backlog.Stalled ? HealthCheckResult.Degraded($"Stalled: {waits}") : HealthCheckResult.Healthy(waits);
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            return HealthCheckResult.Degraded($"Redis does not say what waits: {away.Message}");
        }
    }
}
