using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>The first thing in the transaction: which of the entries are not stored yet.</summary>
internal static class StoredEntries
{
    // A writer only ever looks up by index, in statements too short to be worth compiling.
    public const string SettingsSql = """
        SELECT set_config('statement_timeout', @timeout, true), set_config('idle_in_transaction_session_timeout', @timeout, true),
               set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)
        """;

    // A second writer of the same entry waits here for the first to commit, and then finds nothing to do.
    public const string EntriesSql = """
        INSERT INTO ingest_batches (project_id, entry_id, event_count)
        SELECT project_id, entry_id, event_count
        FROM unnest(@projects, @entries, @counts) AS e(project_id, entry_id, event_count)
        ORDER BY project_id, entry_id
        ON CONFLICT DO NOTHING
        RETURNING project_id, entry_id
        """;

    // Shared until the end of the transaction, so that the generation read after it stays the current one, and nobody is erased
    // meanwhile.
    public const string KeyGenerationLockSql = "SELECT pg_advisory_xact_lock_shared(@lock)";

    public const string StateSql = "SELECT current, epoch, n FROM event_key_generation, stream_epoch, erasure_version";

    /// <summary>Marks the entries as stored, and returns those that were not.</summary>
    public static async Task<List<Entry>> AddAsync(
        StoreTransaction store, IReadOnlyList<Entry> entries, TimeSpan statementTimeout, CancellationToken ct)
    {
        var byId = new Dictionary<(Guid, Guid), Entry>();
        foreach (var entry in entries)
            byId.TryAdd((entry.ProjectId, entry.EntryId), entry);

        await using var batch = new NpgsqlBatch(store.Connection, store.Transaction);
        Add(batch, SettingsSql, new NpgsqlParameter("timeout", $"{(long)statementTimeout.TotalMilliseconds}ms"));
        Add(batch, EntriesSql,
            StoreTransaction.Uuids("projects", byId.Values.Select(e => e.ProjectId)),
            StoreTransaction.Uuids("entries", byId.Values.Select(e => e.EntryId)),
            StoreTransaction.Ints("counts", byId.Values.Select(e => e.Events.Count)));
        Add(batch, KeyGenerationLockSql, new NpgsqlParameter("lock", AdvisoryLocks.KeyGenerations));
        Add(batch, StateSql);

        var fresh = new HashSet<(Guid, Guid)>();
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
            fresh.Add((reader.GetGuid(0), reader.GetGuid(1)));
        await reader.NextResultAsync(ct);
        await reader.NextResultAsync(ct);
        if (!await reader.ReadAsync(ct))
            throw new InvalidOperationException("event_key_generation, stream_epoch or erasure_version has no row.");
        store.KeyGeneration = reader.GetInt16(0);
        store.Memory.Enter(reader.GetGuid(1), reader.GetInt64(2));

        // In the order of the stream, in which the first of two equal events stands.
        return [.. byId.Where(entry => fresh.Contains(entry.Key)).Select(entry => entry.Value)];
    }

    private static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }
}
