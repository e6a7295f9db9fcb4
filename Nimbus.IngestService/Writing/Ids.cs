using Nimbus.Events;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>Gives each raw id of a project its key, and keeps when it was first seen.</summary>
internal static class Ids
{
    private const string FindSql = """
        SELECT i.project_id, i.raw_id, i.key, i.first_seen
        FROM unnest(@projects, @raw_ids) AS n(project_id, raw_id) JOIN ids i USING (project_id, raw_id)
        """;

    // All writers insert, and then update, in this one order of the raw ids, so that they never wait for each other in a ring.
    private const string InsertSql = """
        INSERT INTO ids AS i (project_id, key, raw_id, person_id, first_seen, canonical)
        SELECT project_id, key, raw_id, person_id, first_seen, CASE WHEN NOT is_protected THEN key END
        FROM (SELECT n.*, nextval('ids_key_seq') AS key
              FROM unnest(@projects, @raw_ids, @person_ids, @first_seen, @protected)
                   AS n(project_id, raw_id, person_id, first_seen, is_protected)) AS n
        ORDER BY project_id, raw_id COLLATE "C"
        ON CONFLICT (project_id, raw_id) DO UPDATE SET first_seen = least(i.first_seen, excluded.first_seen)
        RETURNING project_id, raw_id, key, first_seen
        """;

    private const string EarlierSql = """
        WITH earlier AS (
            SELECT i.project_id, i.key, n.first_seen
            FROM unnest(@projects, @keys, @first_seen) AS n(project_id, key, first_seen) JOIN ids i USING (project_id, key)
            WHERE n.first_seen < i.first_seen
            ORDER BY i.project_id, i.raw_id COLLATE "C"
            FOR UPDATE OF i)
        UPDATE ids i SET first_seen = least(i.first_seen, e.first_seen)
        FROM earlier e WHERE i.project_id = e.project_id AND i.key = e.key
        """;

    /// <summary>Sets <see cref="EventRow.UserKey"/> and <see cref="EventRow.AnonKey"/> of all rows.</summary>
    public static async Task SetKeysAsync(StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        var firstSeen = FirstSeen(rows);
        var unknown = firstSeen.Where(id => Known(store, id.Key) is not { } known || id.Value < known.FirstSeen)
            .ToDictionary();
        if (unknown.Count > 0)
            await FindAsync(store, unknown, ct);

        var fresh = unknown.Where(id => !store.Found.Ids.ContainsKey(id.Key)).ToDictionary();
        if (fresh.Count > 0)
            await InsertAsync(store, fresh, ct);
        var earlier = unknown.Where(id => id.Value < store.Found.Ids[id.Key].FirstSeen).ToDictionary();
        if (earlier.Count > 0)
            await SetEarlierAsync(store, earlier, ct);

        foreach (var row in rows)
        {
            row.UserKey = KeyOf(store, row.ProjectId, row.Event.UserId);
            row.AnonKey = KeyOf(store, row.ProjectId, row.Event.AnonymousId);
        }
    }

    private static Dictionary<(Guid Project, string RawId), long> FirstSeen(IReadOnlyList<EventRow> rows)
    {
        var firstSeen = new Dictionary<(Guid, string), long>();
        foreach (var row in rows)
        {
            if (row.Event.UserId is { } user) See(row, user);
            if (row.Event.AnonymousId is { } anonymous) See(row, anonymous);
        }
        return firstSeen;

        void See(EventRow row, string rawId)
        {
            if (!firstSeen.TryGetValue((row.ProjectId, rawId), out var earliest) || row.Event.Ts < earliest)
                firstSeen[(row.ProjectId, rawId)] = row.Event.Ts;
        }
    }

    private static KnownId? Known(StoreTransaction store, (Guid, string) id) =>
        store.Found.Ids.TryGetValue(id, out var known) || store.Memory.Ids.TryGetValue(id, out known) ? known : null;

    private static long? KeyOf(StoreTransaction store, Guid project, string? rawId) =>
        rawId is null ? null : Known(store, (project, rawId))!.Value.Key;

    private static async Task FindAsync(
        StoreTransaction store, Dictionary<(Guid Project, string RawId), long> ids, CancellationToken ct)
    {
        await using var command = store.Command(
            FindSql,
            StoreTransaction.Uuids("projects", ids.Keys.Select(id => id.Project)),
            StoreTransaction.Texts("raw_ids", ids.Keys.Select(id => id.RawId)));
        await ReadAsync(store, command, ct);
    }

    private static async Task InsertAsync(
        StoreTransaction store, Dictionary<(Guid Project, string RawId), long> ids, CancellationToken ct)
    {
        await using var command = store.Command(
            InsertSql,
            StoreTransaction.Uuids("projects", ids.Keys.Select(id => id.Project)),
            StoreTransaction.Texts("raw_ids", ids.Keys.Select(id => id.RawId)),
            StoreTransaction.Uuids("person_ids", ids.Keys.Select(_ => Guid.CreateVersion7())),
            StoreTransaction.Times("first_seen", ids.Values),
            StoreTransaction.Flags("protected", ids.Keys.Select(id => ProtectedIds.Contains(id.RawId))));
        await ReadAsync(store, command, ct);
    }

    private static async Task SetEarlierAsync(
        StoreTransaction store, Dictionary<(Guid Project, string RawId), long> ids, CancellationToken ct)
    {
        await using var command = store.Command(
            EarlierSql,
            StoreTransaction.Uuids("projects", ids.Keys.Select(id => id.Project)),
            StoreTransaction.Longs("keys", ids.Keys.Select(id => store.Found.Ids[id].Key)),
            StoreTransaction.Times("first_seen", ids.Values));
        await command.ExecuteNonQueryAsync(ct);
        foreach (var (id, earliest) in ids)
            store.Found.Ids[id] = store.Found.Ids[id] with { FirstSeen = earliest };
    }

    private static async Task ReadAsync(StoreTransaction store, NpgsqlCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var firstSeen = new DateTimeOffset(reader.GetDateTime(3)).ToUnixTimeMilliseconds();
            store.Found.Ids[(reader.GetGuid(0), reader.GetString(1))] = new KnownId(reader.GetInt64(2), firstSeen);
        }
    }
}
