using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>
/// The read replica of eventsdb: a streaming one, connection <c>eventsdb-read</c>. While it is behind or away it is set aside, and
/// the primary is read instead.
/// </summary>
public sealed partial class ReadReplica(
    [FromKeyedServices(ReadReplica.Connection)] NpgsqlDataSource database, IOptions<QueryLimits> limits, QueryMetrics metrics, TimeProvider time,
    ILogger<ReadReplica> logger) : IHealthCheck
{
    public const string Connection = "eventsdb-read";

    // So that not every question waits for one that does not catch up.
    private static readonly TimeSpan Aside = TimeSpan.FromSeconds(5);

    private long _asideUntil;
    private string? _fault;

    public bool IsSetAside => time.GetUtcNow().Ticks < Volatile.Read(ref _asideUntil);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_fault is { } fault ? HealthCheckResult.Degraded($"The primary is read instead: {fault}") : HealthCheckResult.Healthy());

    /// <summary>A snapshot with all of <paramref name="atLeast"/>; null where it does not have that within the time of the setting.</summary>
    internal async Task<Snapshot?> OpenAsync(Guid projectId, ProjectSequence atLeast, TimeSpan timeout, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(limits.Value.ReplicaPatience);
        var isBehind = false;
        try
        {
            for (var pause = TimeSpan.FromMilliseconds(1); ; pause *= 2)
            {
                var snapshot = await Snapshot.OpenAsync(database, projectId, timeout, bound.Token);
                if (snapshot.Sequence.Has(atLeast))
                {
                    _fault = null;
                    return snapshot;
                }
                await snapshot.DisposeAsync();
                isBehind = true;
                await Task.Delay(pause, time, bound.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            SetAside(isBehind ? "behind" : "away", isBehind ? "it is behind" : "it does not answer");
        }
        catch (NpgsqlException failure)
        {
            SetAside("away", failure.Message);
        }
        return null;
    }

    /// <summary>Whether a failure is the replica's own, and the primary may do better.</summary>
    internal bool Failed(NpgsqlException failure)
    {
        var state = (failure as PostgresException)?.SqlState;
        // The question itself took too long.
        if (state == PostgresErrorCodes.QueryCanceled)
            return false;
        // What was read is being removed on the primary, and this one query is in the way of it.
        if (state == PostgresErrorCodes.SerializationFailure)
            metrics.CountPassedOver("conflict");
        else
            SetAside("away", failure.Message);
        return true;
    }

    private void SetAside(string reason, string fault)
    {
        metrics.CountPassedOver(reason);
        if (_fault is null)
            LogSetAside(fault);
        _fault = fault;
        Volatile.Write(ref _asideUntil, (time.GetUtcNow() + Aside).Ticks);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The read replica is set aside, and the primary read instead: {Reason}")]
    private partial void LogSetAside(string reason);
}
