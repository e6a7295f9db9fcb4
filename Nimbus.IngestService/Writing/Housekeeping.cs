using Microsoft.Extensions.Options;
using Nimbus.Events.Schema;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// What eventsdb needs done from time to time: partitions ahead of the events, event keys rolled over, old notes of stored
/// entries deleted. Every writer does it; all but the first find it done.
/// </summary>
internal sealed partial class Housekeeping(
    NpgsqlDataSource database,
    EventsSchema schema,
    IOptions<WriterOptions> options,
    TimeProvider time,
    ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromHours(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    private const string RollOverLockSql = "SELECT pg_advisory_xact_lock(@lock)";

    private const string DueSql = "SELECT current FROM event_key_generation WHERE since <= now() - @lifetime";

    // The row is what followers of the outbox look at first, and entries are read again only while they are in the stream.
    private const string ForgetEntriesSql = "DELETE FROM ingest_batches WHERE stored_at < now() - @keep";

    private const string ForgetOutboxSql = "DELETE FROM outbox WHERE written_at < now() - @keep";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.Ready.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
            await Task.Delay(await TryRoundAsync(stoppingToken) ? BetweenRounds : AfterFailure, time, stoppingToken);
    }

    private async Task<bool> TryRoundAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(ct);
            await MakePartitionsAsync(connection, ct);
            if (await RollOverAsync(connection, ct))
                LogRolledOver();
            await ForgetAsync(connection, ForgetEntriesSql, ct);
            await ForgetAsync(connection, ForgetOutboxSql, ct);
            return true;
        }
        catch (Exception passing) when (passing is NpgsqlException or IOException or TimeoutException)
        {
            LogLater(passing.Message);
            return false;
        }
    }

    private async Task MakePartitionsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using (var take = new NpgsqlCommand("SELECT pg_advisory_lock(@lock)", connection))
        {
            take.Parameters.AddWithValue("lock", AdvisoryLocks.Schema);
            await take.ExecuteNonQueryAsync(ct);
        }
        await MonthlyPartitions.EnsureAsync(connection, time.GetUtcNow(), ct);
        await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock(@lock)", connection);
        release.Parameters.AddWithValue("lock", AdvisoryLocks.Schema);
        await release.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Empties the older generation and makes it the current one, once the current one is as old as it may get.</summary>
    internal async Task<bool> RollOverAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Waits for the transactions that store keys, and keeps the next ones waiting.
        await using (var take = new NpgsqlCommand(RollOverLockSql, connection, transaction))
        {
            take.Parameters.AddWithValue("lock", AdvisoryLocks.KeyGenerations);
            await take.ExecuteNonQueryAsync(ct);
        }
        await using var due = new NpgsqlCommand(DueSql, connection, transaction);
        due.Parameters.AddWithValue("lifetime", options.Value.KeyGeneration);
        if (await due.ExecuteScalarAsync(ct) is not short current)
            return false;

        var next = (short)(1 - current);
        await using var roll = new NpgsqlCommand($"""
            TRUNCATE event_keys_{next};
            UPDATE event_key_generation SET current = {next}, since = now();
            """, connection, transaction);
        await roll.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private async Task ForgetAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var forget = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        forget.Parameters.AddWithValue("keep", options.Value.KeepEntries);
        await forget.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Event keys began a new generation")]
    private partial void LogRolledOver();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Housekeeping of eventsdb is put off: {Reason}")]
    private partial void LogLater(string reason);
}
