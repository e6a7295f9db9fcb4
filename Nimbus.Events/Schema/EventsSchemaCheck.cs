using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.Events.Schema;

/// <summary>Healthy once eventsdb has its schema.</summary>
internal sealed class EventsSchemaCheck(EventsSchema schema) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(schema.Ready.IsCompleted
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"eventsdb has no schema yet: {schema.Waiting}"));
}
