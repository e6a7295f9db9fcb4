using System.Data;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>Runs queries on eventsdb: read only, on one snapshot, bounded in time, and measured.</summary>
public sealed class QueryDatabase(NpgsqlDataSource database, IOptions<QueryLimits> limits, QueryMetrics metrics)
{
    // Both hold for this transaction alone, so a pooled connection keeps nothing of them.
    private const string BeginSql = """
        SELECT set_config('transaction_read_only', 'on', true), set_config('statement_timeout', @milliseconds, true)
        """;

    /// <param name="kind">The label of the duration metric; a constant.</param>
    /// <param name="read">Gets the snapshot to query; all its statements see the same data.</param>
    /// <exception cref="ProblemException">503 <c>query_timeout</c>, or 503 <c>database_unavailable</c>.</exception>
    public async Task<T> ReadAsync<T>(string kind, Func<Snapshot, Task<T>> read, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await using var snapshot = await OpenAsync(ct);
            return await read(snapshot);
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

    private async Task<Snapshot> OpenAsync(CancellationToken ct)
    {
        try
        {
            return await BeginAsync(ct);
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            // A pool does not know that its connections died with the server, which may long be back: once more, on a new one.
            database.Clear();
            return await BeginAsync(ct);
        }
    }

    private async Task<Snapshot> BeginAsync(CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            var snapshot = new Snapshot(connection, transaction, limits.Value.Timeout);
            await using var begin = snapshot.Command(BeginSql);
            var milliseconds = (long)limits.Value.Timeout.TotalMilliseconds;
            begin.Parameters.AddWithValue("milliseconds", milliseconds.ToString(CultureInfo.InvariantCulture));
            await begin.ExecuteNonQueryAsync(ct);
            return snapshot;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <summary>One state of eventsdb, as long as the query lasts.</summary>
public sealed class Snapshot(NpgsqlConnection connection, NpgsqlTransaction transaction, TimeSpan timeout) : IAsyncDisposable
{
    public NpgsqlCommand Command(string sql) => new(sql, connection, transaction)
    {
        // PostgreSQL ends a slow statement; this is for a server that has stopped answering.
        CommandTimeout = (int)timeout.TotalSeconds + 10,
    };

    /// <summary>Ends the transaction and gives the connection back.</summary>
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
