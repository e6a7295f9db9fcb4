using Microsoft.Extensions.Options;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using Npgsql;

namespace Nimbus.IngestService.People;

/// <summary>
/// Takes erased people out of the files, one place after the other, and writes into the receipts when. Of all writers one does it at a
/// time; what it was at when it was killed is done again by the next.
/// </summary>
internal sealed partial class ErasureJob(
    NpgsqlDataSource database,
    EventsSchema schema,
    ErasedEvents events,
    PostgresFiles postgres,
    RedisFiles redis,
    EngineFiles engine,
    IOptions<ErasureOptions> options,
    IOptions<ShardOptions> shards,
    TimeProvider time,
    ILogger<ErasureJob> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private const string TryLockSql = "SELECT pg_try_advisory_lock(@lock)";
    private const string UnlockSql = "SELECT pg_advisory_unlock(@lock)";

    private const string IsDueSql = """
        SELECT coalesce(max(done_at) <= clock_timestamp() - @pause, true) FROM erasure_places WHERE place = @place AND state = 'rewritten'
        """;

    // The keys name nobody any more; the receipt stays.
    private const string CompleteSql = """
        UPDATE erasures e SET completed_at = statement_timestamp(), keys = '{}', days = NULL
        WHERE e.completed_at IS NULL AND e.events_deleted_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM erasure_places p WHERE p.project_id = e.project_id AND p.erasure_id = e.erasure_id AND p.state = 'waiting')
        RETURNING e.project_id, e.erasure_id
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.Ready.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
            await Task.Delay(await TryRoundAsync(stoppingToken) ? BetweenLooks : AfterFailure, time, stoppingToken);
    }

    private async Task<bool> TryRoundAsync(CancellationToken ct)
    {
        try
        {
            if ((await UnfinishedErasure.AllAsync(database, ct)).Count > 0)
                await LockedRoundAsync(ct);
            return true;
        }
        catch (Exception passing) when (!ct.IsCancellationRequested && passing is not OutOfMemoryException)
        {
            LogLater(passing is PostgresException refused ? $"{refused.SqlState} {refused.MessageText}" : passing.Message);
            return false;
        }
    }

    private async Task LockedRoundAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        if (await LockAsync(connection, TryLockSql, ct) is not true)
            return;
        try
        {
            await RoundAsync(ct);
        }
        finally
        {
            // A broken connection has lost it already.
            if (connection.State == System.Data.ConnectionState.Open)
                await LockAsync(connection, UnlockSql, CancellationToken.None);
        }
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        foreach (var erasure in (await UnfinishedErasure.AllAsync(database, ct)).Where(erasure => !erasure.AreEventsDeleted))
            await events.DeleteAsync(erasure, ct);

        var all = await UnfinishedErasure.AllAsync(database, ct);
        await RewriteTablesAsync(all, ct);
        // Only what the tables do not have any more can leave the log.
        all = await UnfinishedErasure.AllAsync(database, ct);
        await RewriteAsync(
            ErasurePlaces.WriteAheadLog,
            [.. Waiting(all, ErasurePlaces.WriteAheadLog).Where(erasure => !IsWaitingForTables(erasure))],
            async () => shards.Value.Distributed ? OfCluster("let the write-ahead log age") : await postgres.AgeLogAsync(ct), ct);

        foreach (var erasure in Waiting(all, ErasurePlaces.Stream))
        {
            if (await redis.IsStreamCleanAsync(erasure, ct))
                await UnfinishedErasure.MarkAsync(database, [erasure], ErasurePlaces.Stream, PlaceState.Rewritten, null, ct);
        }
        all = await UnfinishedErasure.AllAsync(database, ct);
        var passed = all.Where(erasure => !erasure.Waiting.Contains(ErasurePlaces.Stream)).ToList();
        await RewriteAsync(ErasurePlaces.AppendOnlyFile, Waiting(passed, ErasurePlaces.AppendOnlyFile), async () => await redis.RewriteLogAsync(ct), ct);
        await RewriteAsync(ErasurePlaces.Snapshot, Waiting(passed, ErasurePlaces.Snapshot), async () => await redis.RewriteSnapshotAsync(ct), ct);
        foreach (var erasure in Waiting(all, ErasurePlaces.Segments))
            await RewriteAsync(ErasurePlaces.Segments, [erasure], async () => await engine.AreCleanAsync(erasure, ct), ct);

        await CompleteAsync(ct);
    }

    private async Task RewriteTablesAsync(List<UnfinishedErasure> all, CancellationToken ct)
    {
        var waiting = all.Where(IsWaitingForTables).ToList();
        if (waiting.Count == 0 || !await IsDueAsync(ct))
            return;
        if (!await postgres.IsUnseenAsync(ct))
        {
            await UnfinishedErasure.MarkAsync(
                database, waiting, ErasurePlaces.Events, PlaceState.Waiting, "a transaction that began before the erasure still runs", ct);
            return;
        }
        foreach (var table in ErasurePlaces.Tables)
            await RewriteAsync(table, Waiting(waiting, table), () => RewriteAsync([table], ct), ct);
        if (Waiting(waiting, ErasurePlaces.Events) is { Count: > 0 } withEvents)
        {
            var partitions = await postgres.PartitionsAsync(
                withEvents.Min(erasure => erasure.FirstTs), withEvents.Max(erasure => erasure.RequestedAt).UtcDateTime.AddDays(2), ct);
            await RewriteAsync(ErasurePlaces.Events, withEvents, () => RewriteAsync(partitions, ct), ct);
        }
        // What was sampled before is dead only now, and has to be unseen too.
        await postgres.SampleEventsAsync(ct);
        if (await postgres.IsUnseenAsync(ct))
        {
            await RewriteAsync(
                ErasurePlaces.PlannerStatistics, Waiting(waiting, ErasurePlaces.PlannerStatistics), () => RewriteAsync(["pg_catalog.pg_statistic"], ct), ct);
        }
    }

    // From the coordinator nothing of the other nodes' files can be seen, so nothing is said of them.
    private static (PlaceState, string?) OfCluster(string what) => (PlaceState.LeftToOperator, $"PostgreSQL is a cluster: {what} on each of its nodes");

    private async Task<(PlaceState, string?)?> RewriteAsync(IReadOnlyList<string> tables, CancellationToken ct)
    {
        if (shards.Value.Distributed)
            return OfCluster("VACUUM (FULL) the tables");
        foreach (var table in tables)
        {
            if (!await postgres.RewriteAsync(table, isCatalog: table.StartsWith("pg_catalog.", StringComparison.Ordinal), ct))
                return (PlaceState.LeftToOperator, $"This role may not rewrite {table}: VACUUM (FULL) it as its owner");
        }
        return (PlaceState.Rewritten, null);
    }

    /// <param name="rewrite">Null: nothing is known yet.</param>
    private async Task RewriteAsync(
        string place, List<UnfinishedErasure> waiting, Func<Task<(PlaceState State, string? Detail)?>> rewrite, CancellationToken ct)
    {
        if (waiting.Count > 0 && await rewrite() is var (state, detail))
            await UnfinishedErasure.MarkAsync(database, waiting, place, state, detail, ct);
    }

    private static List<UnfinishedErasure> Waiting(IEnumerable<UnfinishedErasure> erasures, string place) =>
        [.. erasures.Where(erasure => erasure.AreEventsDeleted && erasure.Waiting.Contains(place))];

    private static bool IsWaitingForTables(UnfinishedErasure erasure) =>
        erasure.AreEventsDeleted && erasure.Waiting.Overlaps([.. ErasurePlaces.Tables, ErasurePlaces.Events, ErasurePlaces.PlannerStatistics]);

    private async Task<bool> IsDueAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(IsDueSql);
        command.Parameters.AddWithValue("pause", options.Value.BetweenRounds);
        command.Parameters.AddWithValue("place", ErasurePlaces.PlannerStatistics);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task CompleteAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(CompleteSql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (project, erasure) = (reader.GetGuid(0), reader.GetGuid(1));
            LogComplete(erasure, project);
        }
    }

    private static async Task<object?> LockAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("lock", AdvisoryLocks.Erasures);
        return await command.ExecuteScalarAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Erasure {Erasure} in project {Project} is done with")]
    private partial void LogComplete(Guid erasure, Guid project);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files are rewritten after erasures a little later: {Reason}")]
    private partial void LogLater(string reason);
}
