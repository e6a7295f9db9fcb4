using System.Data;
using System.Globalization;
using Nimbus.Events;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>How far a project is in eventsdb.</summary>
/// <param name="N">Of its last change; 0 without one.</param>
/// <param name="Epoch">Of all of eventsdb; another one after a restore.</param>
public readonly record struct ProjectSequence(long N, Guid Epoch)
{
    internal const string Sql = """
        SELECT coalesce((SELECT n FROM project_seq WHERE project_id = @project_id), 0), (SELECT epoch FROM stream_epoch)
        """;

    /// <summary>Everything that the other has is in this one. A project that is gone is gone from both.</summary>
    internal bool Has(ProjectSequence other) => Epoch == other.Epoch && (other.N == 0 ? N == 0 : N >= other.N);

    internal static async Task<ProjectSequence> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return new(row.GetInt64(0), row.GetGuid(1));
    }
}

/// <summary>One state of eventsdb, as long as a query lasts: read only.</summary>
public sealed class Snapshot : IAsyncDisposable
{
    // In the first statement, so that the snapshot is the one whose sequence it tells. The settings hold for this transaction
    // alone: a pooled connection keeps nothing of them. Without a bound the timeout is 0.
    private const string BeginSql = $"""
        {ProjectSequence.Sql}, set_config('transaction_read_only', 'on', true), set_config('statement_timeout', @milliseconds, true)
        """;

    private readonly NpgsqlTransaction _transaction;
    private readonly TimeSpan _timeout;

    private Snapshot(NpgsqlConnection connection, NpgsqlTransaction transaction, TimeSpan timeout) =>
        (Connection, _transaction, _timeout) = (connection, transaction, timeout);

    /// <summary>How far the project is in it.</summary>
    public ProjectSequence Sequence { get; private set; }

    internal NpgsqlConnection Connection { get; }

    /// <param name="database">Whose connection.</param>
    /// <param name="projectId">The project it is opened for.</param>
    /// <param name="timeout">A statement that takes longer is cancelled; none are with <see cref="TimeSpan.Zero"/>.</param>
    /// <param name="ct">Ends the attempt.</param>
    internal static Task<Snapshot> OpenAsync(NpgsqlDataSource database, Guid projectId, TimeSpan timeout, CancellationToken ct) =>
        database.FirstAsync(() => BeginAsync(database, projectId, timeout, ct));

    public NpgsqlCommand Command(string sql) => new(sql, Connection, _transaction)
    {
        // PostgreSQL ends a slow statement; this is for a server that has stopped answering.
        CommandTimeout = (int)_timeout.TotalSeconds + 10,
    };

    /// <summary>Ends the transaction and gives the connection back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }

    private static async Task<Snapshot> BeginAsync(NpgsqlDataSource database, Guid projectId, TimeSpan timeout, CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            var snapshot = new Snapshot(connection, transaction, timeout);
            await using var begin = snapshot.Command(BeginSql);
            begin.Parameters.AddWithValue("project_id", projectId);
            begin.Parameters.AddWithValue("milliseconds", ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
            snapshot.Sequence = await ProjectSequence.ReadAsync(begin, ct);
            return snapshot;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
