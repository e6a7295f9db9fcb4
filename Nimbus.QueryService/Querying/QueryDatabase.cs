using System.Diagnostics;
using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>Runs queries on eventsdb: read only, on one snapshot, bounded in time, and measured.</summary>
public sealed class QueryDatabase(SnapshotSource snapshots, IOptions<QueryLimits> limits, QueryMetrics metrics)
{
    /// <param name="kind">The label of the duration metric; a constant.</param>
    /// <param name="projectId">Whose data are read.</param>
    /// <param name="read">Gets the snapshot to query; all its statements see the same data. It may be called twice.</param>
    /// <param name="ct">Stops the query.</param>
    /// <exception cref="ProblemException">503 <c>query_timeout</c>, or 503 <c>database_unavailable</c>.</exception>
    public async Task<T> ReadAsync<T>(string kind, Guid projectId, Func<Snapshot, Task<T>> read, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await snapshots.ReadAsync(projectId, limits.Value.Timeout, read, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled && !ct.IsCancellationRequested)
        {
            throw new ProblemException(503, "query_timeout",
                $"The query took longer than {limits.Value.Timeout.TotalSeconds:0.#} seconds. Ask about a shorter range.");
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            throw new ProblemException(503, "database_unavailable", "The events database cannot be reached. Try again.");
        }
        finally
        {
            metrics.Record(kind, Stopwatch.GetElapsedTime(started));
        }
    }
}
