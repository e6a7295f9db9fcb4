using Nimbus.Events;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>Gives each raw id of a project its key, and keeps when it was first seen.</summary>
internal static class Ids
{
    // LATERAL with OFFSET 0 is one lookup by index per id. As a plain join it is up to the planner, which on a table that
    // has just begun to grow compares every id with every row.
    private const string FindSql = """
        SELECT n.project_id, n.raw_id, i.key, i.first_seen
        FROM unnest(@projects, @raw_ids) AS n(project_id, raw_id)
        CROSS JOIN LATERAL (
            SELECT i.key, i.first_seen FROM ids i WHERE i.project_id = n.project_id AND i.raw_id = n.raw_id OFFSET 0) AS i
        """;

    // All writers go through their ids in this one order, so that they never wait for each other in a ring.
    private const string SeeSql = """
        INSERT INTO ids AS i (project_id, key, raw_id, person_id, first_seen, canonical)
        SELECT project_id, key, raw_id, person_id, first_seen, CASE WHEN NOT is_protected THEN key END
        FROM (SELECT n.*, nextval('ids_key_seq') AS key
              FROM unnest(@projects, @raw_ids, @person_ids, @first_seen, @protected)
                   AS n(project_id, raw_id, person_id, first_seen, is_protected)) AS n
        ORDER BY project_id, raw_id COLLATE "C"
        ON CONFLICT (project_id, raw_id) DO UPDATE SET first_seen = least(i.first_seen, excluded.first_seen)
        RETURNING project_id, raw_id, key, first_seen
        """;

    // An id that only updates of profiles and aliases name has done nothing yet.
    private static readonly long NotSeen = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Sets the keys of the ids that the rows name.</summary>
    public static async Task SetKeysAsync(StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        var firstSeen = FirstSeen(rows);
        var unknown = firstSeen.Where(id => Known(store, id.Key) is not { } known || id.Value < known.FirstSeen)
            .ToDictionary();
        if (unknown.Count > 0)
            await FindAsync(store, unknown, ct);

        var news = unknown.Where(id => !store.Found.Ids.TryGetValue(id.Key, out var known) || id.Value < known.FirstSeen)
            .ToDictionary();
        if (news.Count > 0)
            await SeeAsync(store, news, ct);

        foreach (var row in rows)
        {
            row.UserKey = KeyOf(store, row.ProjectId, row.Event.UserId);
            row.AnonKey = KeyOf(store, row.ProjectId, row.Event.AnonymousId);
            row.OtherKey = KeyOf(store, row.ProjectId, row.Event.OtherId);
        }
    }

    private static Dictionary<(Guid Project, string RawId), long> FirstSeen(IReadOnlyList<EventRow> rows)
    {
        var firstSeen = new Dictionary<(Guid, string), long>();
        foreach (var row in rows)
        {
            var ts = row.Event.IsEvent ? row.Event.Ts : NotSeen;
            if (row.Event.UserId is { } user) See(row.ProjectId, user, ts);
            if (row.Event.AnonymousId is { } anonymous) See(row.ProjectId, anonymous, ts);
            if (row.Event.OtherId is { } other) See(row.ProjectId, other, NotSeen);
        }
        return firstSeen;

        void See(Guid project, string rawId, long ts)
        {
            if (!firstSeen.TryGetValue((project, rawId), out var earliest) || ts < earliest)
                firstSeen[(project, rawId)] = ts;
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

    private static async Task SeeAsync(
        StoreTransaction store, Dictionary<(Guid Project, string RawId), long> ids, CancellationToken ct)
    {
        await using var command = store.Command(
            SeeSql,
            StoreTransaction.Uuids("projects", ids.Keys.Select(id => id.Project)),
            StoreTransaction.Texts("raw_ids", ids.Keys.Select(id => id.RawId)),
            StoreTransaction.Uuids("person_ids", ids.Keys.Select(_ => Guid.CreateVersion7())),
            StoreTransaction.Times("first_seen", ids.Values),
            StoreTransaction.Flags("protected", ids.Keys.Select(id => ProtectedIds.Contains(id.RawId))));
        await ReadAsync(store, command, ct);
        // Of people without events nobody would hear otherwise.
        foreach (var project in ids.Where(id => id.Value == NotSeen).GroupBy(id => id.Key.Project, id => store.Found.Ids[id.Key].Key))
            store.AddChanged(project.Key, [.. project]);
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
