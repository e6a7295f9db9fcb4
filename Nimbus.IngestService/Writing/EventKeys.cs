using Nimbus.Events;

namespace Nimbus.IngestService.Writing;

/// <summary>Of events with the same key, the first one stored stands.</summary>
internal static class EventKeys
{
    /// <summary>Remembers the keys of the rows, and returns the rows that are no duplicates, in their order.</summary>
    public static async Task<List<EventRow>> WithoutDuplicatesAsync(
        StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        var keyed = new Dictionary<(Guid Project, Guid Key), EventRow>();
        foreach (var row in rows)
        {
            if (row.Event.IdempotencyKey is { } key)
                keyed.TryAdd((row.ProjectId, EventKey.Of(row.ProjectId, key)), row);
        }
        if (keyed.Count == 0)
            return [.. rows];

        var first = new HashSet<EventRow>();
        await using var command = store.Command(
            InsertSql(store.KeyGeneration),
            StoreTransaction.Uuids("projects", keyed.Keys.Select(k => k.Project)),
            StoreTransaction.Uuids("keys", keyed.Keys.Select(k => k.Key)));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            first.Add(keyed[(reader.GetGuid(0), reader.GetGuid(1))]);
        return [.. rows.Where(row => row.Event.IdempotencyKey is null || first.Contains(row))];
    }

    // The previous generation is looked at before the current one is written: a duplicate must not renew the life of its key.
    // As a subquery for each key, since a join might read all of it. In the order of the keys, so that two writers never wait for each other.
    public static string InsertSql(int generation) => $"""
        INSERT INTO event_keys_{generation} (project_id, k)
        SELECT n.project_id, n.k FROM unnest(@projects, @keys) AS n(project_id, k)
        WHERE (SELECT true FROM event_keys_{1 - generation} o WHERE o.project_id = n.project_id AND o.k = n.k) IS NULL
        ORDER BY n.project_id, n.k
        ON CONFLICT DO NOTHING
        RETURNING project_id, k
        """;
}
