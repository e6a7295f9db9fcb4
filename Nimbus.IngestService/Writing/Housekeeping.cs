using Microsoft.Extensions.Options;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// What eventsdb needs done from time to time: partitions ahead of the events, event keys rolled over, old notes of stored
/// entries deleted. Every writer does it; all but the first find it done.
/// </summary>
internal sealed partial class Housekeeping(
    NpgsqlDataSource database,
    EventsSchema schema,
    Backlog backlog,
    IOptions<WriterOptions> options,
    TimeProvider time,
    ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    // Waits for the transactions that store keys, and keeps the next ones waiting: so not for long.
    private const string RollOverLockSql = "SET LOCAL lock_timeout = '5s'; SELECT pg_advisory_xact_lock(@lock)";

    // An event is known again by its time of receipt, and what the stream still holds was received before now. The thousandth
    // is for what intake has in hand.
    private const string DueSql = "SELECT current FROM event_key_generation WHERE since <= now() - @lifetime * 1.001 - @backlog";

    // An entry is read again only while it is in the stream.
    private const string ForgetEntriesSql = "DELETE FROM ingest_batches WHERE stored_at < now() - @keep";

    private const string ForgetOutboxSql = "DELETE FROM outbox WHERE written_at < now() - @keep";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.Ready.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
            await Task.Delay(await TryRoundAsync(stoppingToken) ? BetweenRounds : AfterFailure, time, stoppingToken);
    }

    private TimeSpan BetweenRounds => options.Value.KeyGeneration / 10 < LongestPause ? options.Value.KeyGeneration / 10 : LongestPause;

    private async Task<bool> TryRoundAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(ct);
            await MakePartitionsAsync(connection, ct);
            await ForgetAsync(connection, ForgetOutboxSql, options.Value.KeepEntries, ct);
            var waiting = await backlog.AgeAsync(ct);
            await ForgetAsync(connection, ForgetEntriesSql, options.Value.KeepEntries + waiting, ct);
            if (await RollOverAsync(connection, waiting, ct))
                LogRolledOver();
            return true;
        }
        catch (Exception passing) when (passing is NpgsqlException or IOException or TimeoutException or RedisException)
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
    /// <param name="waiting">The age of the oldest entry that is not stored.</param>
    private async Task<bool> RollOverAsync(NpgsqlConnection connection, TimeSpan waiting, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var take = new NpgsqlCommand(RollOverLockSql, connection, transaction))
        {
            take.Parameters.AddWithValue("lock", AdvisoryLocks.KeyGenerations);
            await take.ExecuteNonQueryAsync(ct);
        }
        await using var due = new NpgsqlCommand(DueSql, connection, transaction);
        due.Parameters.AddWithValue("lifetime", options.Value.KeyGeneration);
        due.Parameters.AddWithValue("backlog", waiting);
        if (await due.ExecuteScalarAsync(ct) is not short current)
            return false;

        var next = (short)(1 - current);
        // Whoever holds the table now is a stranger, such as a backup, which may read it for hours; then another time.
        await using var roll = new NpgsqlCommand($"""
            SET LOCAL lock_timeout = '2s';
            TRUNCATE event_keys_{next};
            UPDATE event_key_generation SET current = {next}, since = clock_timestamp();
            """, connection, transaction);
        await roll.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private static async Task ForgetAsync(NpgsqlConnection connection, string sql, TimeSpan keep, CancellationToken ct)
    {
        await using var forget = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        forget.Parameters.AddWithValue("keep", keep);
        await forget.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Event keys began a new generation")]
    private partial void LogRolledOver();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Housekeeping of eventsdb is put off: {Reason}")]
    private partial void LogLater(string reason);
}
