using Nimbus.Events;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>
/// Opens snapshots of eventsdb to read a project from: on the read replica, where there is one and it has every change that the
/// primary had when it was asked, else on the primary. So answers are the same with a replica and without
/// (docs/decisions/0014-a-read-replica-changes-no-answer.md).
/// </summary>
public sealed class SnapshotSource(NpgsqlDataSource primary, QueryMetrics metrics, ReadReplica? replica = null)
{
    /// <summary>How far the project is on the primary: what was committed before this is called is in it.</summary>
    public Task<ProjectSequence> SequenceAsync(Guid projectId, CancellationToken ct) => primary.FirstAsync(async () =>
    {
        await using var command = primary.CreateCommand(ProjectSequence.Sql);
        command.CommandTimeout = 5;
        command.Parameters.AddWithValue("project_id", projectId);
        return await ProjectSequence.ReadAsync(command, ct);
    });

    /// <param name="projectId">Whose data are read.</param>
    /// <param name="timeout">A statement that takes longer is cancelled; none are with <see cref="TimeSpan.Zero"/>.</param>
    /// <param name="read">
    /// Gets the snapshot to query. It is called a second time, with one of the primary, where the replica fails it.
    /// </param>
    /// <param name="ct">Stops the query.</param>
    /// <param name="known">What the primary is known to have; it is asked otherwise.</param>
    public async Task<T> ReadAsync<T>(
        Guid projectId, TimeSpan timeout, Func<Snapshot, Task<T>> read, CancellationToken ct, ProjectSequence? known = null)
    {
        if (replica is { IsSetAside: false }
            && await replica.OpenAsync(projectId, known ?? await SequenceAsync(projectId, ct), timeout, ct) is { } copy)
        {
            try
            {
                await using (copy)
                {
                    var result = await read(copy);
                    metrics.CountRead(fromReplica: true);
                    return result;
                }
            }
            catch (NpgsqlException failure) when (!ct.IsCancellationRequested && replica.Failed(failure))
            {
                // What it had to say of that is counted and in its health: once more, on the primary.
            }
        }
        await using var snapshot = await Snapshot.OpenAsync(primary, projectId, timeout, ct);
        metrics.CountRead(fromReplica: false);
        return await read(snapshot);
    }
}
