using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.IdentityService.Storage;

/// <summary>Whether the database has this version's tables. Not ready until it has.</summary>
public sealed class MigrationState : IHealthCheck
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string waitingFor = "the migrations have not begun";

    public Task Done => done.Task;

    public void Finished() => done.TrySetResult();

    public void Waiting(string reason) => waitingFor = reason;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(done.Task.IsCompletedSuccessfully
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(waitingFor));
}
