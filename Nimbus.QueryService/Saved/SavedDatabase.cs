using Nimbus.Events;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.QueryService.Saved;

/// <summary>Reads and writes the tables of eventsdb that are this service's own.</summary>
public sealed class SavedDatabase(NpgsqlDataSource database)
{
    // The last statements of a transaction that changes answers: kind 16 says no more than that they may be others.
    private const string ChangeSql = """
        WITH numbered AS (
            INSERT INTO project_seq AS s (project_id, n) VALUES (@project_id, 1)
            ON CONFLICT (project_id) DO UPDATE SET n = s.n + 1
            RETURNING s.project_id, s.n)
        INSERT INTO outbox (project_id, n, entry_id, kind, event_count)
        SELECT project_id, n, @entry_id, 16, 0 FROM numbered
        """;

    /// <param name="changesAnswers">The project's number moves with it.</param>
    /// <exception cref="ProblemException">503 <c>database_unavailable</c>.</exception>
    public async Task<T> RunAsync<T>(
        Guid projectId, bool changesAnswers, Func<NpgsqlConnection, Task<T>> work, CancellationToken ct)
    {
        try
        {
            await using var connection = await database.OpenLiveAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            var result = await work(connection);
            if (changesAnswers)
            {
                await using var change = new NpgsqlCommand(ChangeSql, connection);
                change.Parameters.AddWithValue("project_id", projectId);
                change.Parameters.AddWithValue("entry_id", Guid.CreateVersion7());
                await change.ExecuteNonQueryAsync(ct);
            }
            await transaction.CommitAsync(ct);
            return result;
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            throw new ProblemException(503, "database_unavailable", "The events database cannot be reached. Try again.");
        }
    }
}
