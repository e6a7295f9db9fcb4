using System.Data;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.People;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>What a transaction came to.</summary>
/// <param name="LargestPerson">The ids of the largest person whose ids it changed; 0 for none.</param>
/// <param name="Erased">What was not stored since its person was erased after it happened.</param>
internal sealed record StoreResult(int Ingested, int Duplicates, int DeadLetters, int LargestPerson, int Erased);

/// <summary>
/// Stores entries of the stream, each exactly once, in one transaction that takes its locks in one order: entries, keys,
/// names, people, ids, links, profiles, events, project numbers. One store per lane; not for several at a time.
/// </summary>
internal sealed class BatchStore(
    NpgsqlDataSource database, ErasedPeople erased, IOptions<WriterOptions> options, IOptions<ShardOptions>? shards = null, LiveFeed? live = null)
{
    private readonly WriterMemory _memory = new();

    /// <summary>Stores what is not stored yet. When it returns, all of it is committed.</summary>
    /// <param name="unreadable">What becomes a dead letter, with the reason.</param>
    /// <exception cref="Exception">Nothing is stored, for a reason that may pass.</exception>
    public async Task<StoreResult> StoreAsync(
        IReadOnlyList<Entry> entries, IReadOnlyList<DeadLetter> unreadable, CancellationToken ct)
    {
        try
        {
            try
            {
                return await TransactAsync(entries, unreadable, StoreAllAsync, ct);
            }
            catch (Exception poison) when (Faults.IsOfTheData(poison))
            {
                _memory.Forget();
                return await TransactAsync(entries, unreadable, StoreByHalvesAsync, ct);
            }
        }
        catch (Exception passing)
        {
            _memory.Forget();
            if (passing is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled })
                await StuckCopies.EndAsync(database, options.Value.StatementTimeout, ct);
            throw;
        }
    }

    private async Task<StoreResult> TransactAsync(
        IReadOnlyList<Entry> entries,
        IReadOnlyList<DeadLetter> unreadable,
        Func<StoreTransaction, IReadOnlyList<EventRow>, CancellationToken, Task> storeRows,
        CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        try
        {
            return await TransactAsync(connection, entries, unreadable, storeRows, ct);
        }
        catch (Exception passing) when (!Faults.IsOfTheData(passing))
        {
            // The next try is on a new session: one that was opened while the database was read-only stays so.
            database.Clear();
            throw;
        }
    }

    private async Task<StoreResult> TransactAsync(
        NpgsqlConnection connection,
        IReadOnlyList<Entry> entries,
        IReadOnlyList<DeadLetter> unreadable,
        Func<StoreTransaction, IReadOnlyList<EventRow>, CancellationToken, Task> storeRows,
        CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
        var store = new StoreTransaction(connection, transaction, _memory)
        {
            OnlyProject = shards?.Value.Distributed == true && entries.Count > 0 ? entries[0].ProjectId : null,
        };

        var unstored = await StoredEntries.AddAsync(store, entries, options.Value.StatementTimeout, ct);
        var fresh = await ReplayedLetters.TakeAsync(store, unstored, ct);
        var arrived = fresh.SelectMany(entry => entry.Events.Select(e => new EventRow(entry, e))).ToList();
        var (rows, refused) = await erased.WithoutErasedAsync(
            store, arrived, [.. fresh.SelectMany(entry => entry.Refused.Select(refused => (entry, refused)))], ct);
        store.DeadLetters.AddRange(unreadable);
        store.DeadLetters.AddRange(refused.Select(r => DeadLetter.OfRefused(r.Entry, r.Event)));
        await storeRows(store, rows, ct);
        foreach (var letter in store.DeadLetters)
            await letter.AddAsync(store, ct);
        await ReplayedLetters.RemoveAsync(store, fresh, ct);
        await Outbox.WriteAsync(store, ct);
        await transaction.CommitAsync(ct);

        _memory.Learn(store.Found);
        live?.Tell(store.Stored);
        var repeated = entries.Sum(entry => entry.Events.Count) - arrived.Count;
        return new StoreResult(store.Stored.Count(row => row.Event.IsEvent), store.Duplicates + repeated, store.DeadLetters.Count, store.LargestPerson, arrived.Count - rows.Count);
    }

    private static async Task StoreAllAsync(StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
            return;
        var survivors = await EventKeys.WithoutDuplicatesAsync(store, rows, ct);
        var events = survivors.Where(row => row.Event.IsEvent).ToList();
        await EventNames.SetCodesAsync(store, events, ct);
        var links = await People.LockNewLinksAsync(store, survivors, ct);
        await Ids.SetKeysAsync(store, survivors, ct);
        var moved = await People.LinkAsync(store, links, ct);
        var joined = await Aliases.JoinAsync(store, survivors, ct);
        await Profiles.WriteAsync(store, survivors, ct);
        await EventCopy.WriteAsync(store, events, ct);

        // Only now, since whatever fails above is undone.
        store.Stored.AddRange(survivors);
        store.Duplicates += rows.Count - survivors.Count;
        foreach (var (project, ids) in moved)
            store.AddChanged(project, ids);
        foreach (var (project, ids) in joined)
            store.AddChanged(project, ids);
        // Followers learn of ids by their events; of those that have none, by this.
        foreach (var row in survivors.Where(row => !row.Event.IsEvent))
            store.AddChanged(row.ProjectId, [.. new[] { row.UserKey, row.AnonKey, row.OtherKey }.OfType<long>()]);
    }

    /// <summary>Finds the events that cannot be stored: whatever fails is undone and tried again in halves, down to one.</summary>
    private static async Task StoreByHalvesAsync(StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        const string Savepoint = "half";
        await store.Transaction.SaveAsync(Savepoint, ct);
        try
        {
            await StoreAllAsync(store, rows, ct);
            await store.Transaction.ReleaseAsync(Savepoint, ct);
            return;
        }
        catch (Exception fault) when (Faults.IsOfTheData(fault))
        {
            await store.Transaction.RollbackAsync(Savepoint, ct);
            // What was found out may have been undone with it; asking again is cheap beside the fault.
            store.Found.Forget();
            if (rows.Count == 1)
            {
                store.DeadLetters.Add(DeadLetter.OfEvent(rows[0], fault));
                return;
            }
        }
        await StoreByHalvesAsync(store, [.. rows.Take(rows.Count / 2)], ct);
        await StoreByHalvesAsync(store, [.. rows.Skip(rows.Count / 2)], ct);
    }
}
