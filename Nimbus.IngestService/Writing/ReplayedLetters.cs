using Nimbus.IngestService.Buffering;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// Events of dead letters that come through the stream again. The letter goes in the transaction that stores its event, so the
/// event is in one of the two places at any time; an entry whose letter is gone was stored or deleted meanwhile.
/// </summary>
internal static class ReplayedLetters
{
    // In the order of the ids, so that two writers never wait for each other.
    private const string LockSql = """
        SELECT l.project_id, l.id FROM dead_letters l
        WHERE l.project_id = ANY(@projects) AND l.id = ANY(@ids)
        ORDER BY l.id FOR UPDATE
        """;

    private const string DeleteSql = "DELETE FROM dead_letters WHERE project_id = ANY(@projects) AND id = ANY(@ids)";

    /// <summary>Locks the letters until the commit, and leaves out the entries that have none any more.</summary>
    public static async Task<List<Entry>> TakeAsync(StoreTransaction store, List<Entry> entries, CancellationToken ct)
    {
        var replayed = entries.Where(entry => entry.Replays is not null).ToList();
        if (replayed.Count == 0)
            return entries;
        var there = new HashSet<(Guid Project, Guid Letter)>();
        await using var command = store.Command(LockSql, Projects(replayed), Letters(replayed));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            there.Add((reader.GetGuid(0), reader.GetGuid(1)));
        // Taken out, since of two replays of one letter only the first has an event to store.
        return [.. entries.Where(entry => entry.Replays is not { } letter || there.Remove((entry.ProjectId, letter)))];
    }

    /// <summary>Removes the letters, but for those whose events could not be stored this time either.</summary>
    public static async Task RemoveAsync(StoreTransaction store, List<Entry> entries, CancellationToken ct)
    {
        var failed = store.DeadLetters.Where(letter => letter.IsReplay).Select(letter => letter.Id).ToHashSet();
        var stored = entries.Where(entry => entry.Replays is { } letter && !failed.Contains(letter)).ToList();
        if (stored.Count == 0)
            return;
        await using var command = store.Command(DeleteSql, Projects(stored), Letters(stored));
        await command.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlParameter Projects(List<Entry> entries) =>
        StoreTransaction.Uuids("projects", entries.Select(entry => entry.ProjectId).Distinct());

    private static NpgsqlParameter Letters(List<Entry> entries) =>
        StoreTransaction.Uuids("ids", entries.Select(entry => entry.Replays!.Value).Distinct());
}
