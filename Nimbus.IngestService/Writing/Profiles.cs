using System.Text.Json;
using Nimbus.Events;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.Writing;

/// <summary>Stores what events say of people and groups beyond having happened: traits, groups and who belongs to them.</summary>
internal static class Profiles
{
    private const string FindGroupsSql = """
        SELECT n.project_id, n.type, n.raw_id, g.key
        FROM unnest(@projects, @types, @raw_ids) AS n(project_id, type, raw_id)
        JOIN groups g USING (project_id, type, raw_id)
        """;

    // In one order, so that two writers never wait for each other in a ring.
    private const string AddGroupsSql = """
        INSERT INTO groups (project_id, type, raw_id)
        SELECT n.project_id, n.type, n.raw_id FROM unnest(@projects, @types, @raw_ids) AS n(project_id, type, raw_id)
        ORDER BY n.project_id, n.type COLLATE "C", n.raw_id COLLATE "C"
        ON CONFLICT DO NOTHING
        """;

    // Most memberships are repeated with every event; those lock nothing.
    private const string AddMembersSql = """
        INSERT INTO group_members AS m (project_id, group_key, id_key, since)
        SELECT n.project_id, n.group_key, n.id_key, n.since
        FROM unnest(@projects, @groups, @ids, @since) AS n(project_id, group_key, id_key, since)
        WHERE NOT EXISTS (
            SELECT FROM group_members k
            WHERE k.project_id = n.project_id AND k.group_key = n.group_key AND k.id_key = n.id_key AND k.since <= n.since)
        ORDER BY n.project_id, n.group_key, n.id_key
        ON CONFLICT (project_id, group_key, id_key) DO UPDATE SET since = least(m.since, excluded.since)
        """;

    // A set_once that repeats an earlier one says nothing new; browsers send theirs with every page.
    private const string AddWritesSql = """
        INSERT INTO trait_writes (project_id, owner_kind, owner_key, name, ts, event_id, op, value)
        SELECT n.project_id, n.owner_kind, n.owner_key, n.name, n.ts, n.event_id, n.op, n.value
        FROM unnest(@projects, @owner_kinds, @owners, @names, @ts, @events, @ops, @values)
             AS n(project_id, owner_kind, owner_key, name, ts, event_id, op, value)
        WHERE n.op <> @set_once OR NOT EXISTS (
            SELECT FROM trait_writes w
            WHERE w.project_id = n.project_id AND w.owner_kind = n.owner_kind AND w.owner_key = n.owner_key AND w.name = n.name
              AND w.op = n.op AND w.ts <= n.ts AND w.value = n.value)
        ORDER BY n.project_id, n.owner_kind, n.owner_key, n.name COLLATE "C", n.ts, n.event_id, n.op
        ON CONFLICT DO NOTHING
        """;

    // What stands before the latest set or unset of its owner has no say any more. What another writer holds is left for next time.
    private const string ForgetSql = """
        WITH latest AS (
            SELECT t.project_id, t.owner_kind, t.owner_key, t.name, b.ts, b.event_id
            FROM (SELECT DISTINCT * FROM unnest(@projects, @owner_kinds, @owners, @names)) AS t(project_id, owner_kind, owner_key, name)
            CROSS JOIN LATERAL (
                SELECT w.ts, w.event_id FROM trait_writes w
                WHERE w.project_id = t.project_id AND w.owner_kind = t.owner_kind AND w.owner_key = t.owner_key AND w.name = t.name
                  AND w.op IN (@set, @unset)
                ORDER BY w.ts DESC, w.event_id DESC LIMIT 1) AS b),
        old AS (
            SELECT w.project_id, w.owner_kind, w.owner_key, w.name, w.ts, w.event_id, w.op
            FROM latest b JOIN trait_writes w USING (project_id, owner_kind, owner_key, name)
            WHERE (w.ts, w.event_id) < (b.ts, b.event_id)
            FOR UPDATE OF w SKIP LOCKED)
        DELETE FROM trait_writes w USING old
        WHERE w.project_id = old.project_id AND w.owner_kind = old.owner_kind AND w.owner_key = old.owner_key
          AND w.name = old.name AND w.ts = old.ts AND w.event_id = old.event_id AND w.op = old.op
        """;

    /// <summary>Stores the updates of the rows, whose keys are set.</summary>
    public static async Task WriteAsync(StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        var updates = rows.Where(row => !row.Event.Update.IsEmpty)
            .Select(row => (Row: row, Update: TraitWrites.Read(row.Event.Update))).ToList();
        if (updates.Count == 0)
            return;
        var groups = await GroupKeysAsync(
            store, [.. updates.SelectMany(u => u.Update.Groups.Select(g => (u.Row.ProjectId, g.Type, g.Id))).Distinct()], ct);

        var writes = new List<OwnedWrite>();
        var members = new Dictionary<(Guid Project, long Group, long Id), long>();
        foreach (var (row, (person, named)) in updates)
        {
            var owner = OwnerOf(row);
            if (owner is { } id)
                writes.AddRange(TraitWrites.Of(person, row).Select(write => new OwnedWrite(row.ProjectId, TraitOwner.Id, id, write)));
            foreach (var group in named)
            {
                var key = groups[(row.ProjectId, group.Type, group.Id)];
                writes.AddRange(TraitWrites.Of(group.Operations, row)
                    .Select(write => new OwnedWrite(row.ProjectId, TraitOwner.Group, key, write)));
                if (group.IsMembership && owner is { } member
                    && (!members.TryGetValue((row.ProjectId, key, member), out var since) || row.Event.Ts < since))
                    members[(row.ProjectId, key, member)] = row.Event.Ts;
            }
        }
        await AddMembersAsync(store, members, ct);
        await AddWritesAsync(store, writes, ct);
    }

    /// <summary>The id that the traits are of: the user's, else the anonymous one; none where that one is nobody's.</summary>
    private static long? OwnerOf(EventRow row) =>
        (row.Event.UserId ?? row.Event.AnonymousId) is { } id && !ProtectedIds.Contains(id) ? row.UserKey ?? row.AnonKey : null;

    private static async Task<Dictionary<(Guid, string, string), long>> GroupKeysAsync(
        StoreTransaction store, List<(Guid Project, string Type, string Id)> named, CancellationToken ct)
    {
        var keys = new Dictionary<(Guid, string, string), long>();
        await FindGroupsAsync(store, named, keys, ct);
        var fresh = named.Where(group => !keys.ContainsKey(group)).ToList();
        if (fresh.Count > 0)
        {
            await using (var add = store.Command(AddGroupsSql, Parameters(fresh)))
                await add.ExecuteNonQueryAsync(ct);
            await FindGroupsAsync(store, fresh, keys, ct);
        }
        return keys;
    }

    private static async Task FindGroupsAsync(
        StoreTransaction store, List<(Guid, string, string)> named, Dictionary<(Guid, string, string), long> keys, CancellationToken ct)
    {
        if (named.Count == 0)
            return;
        await using var command = store.Command(FindGroupsSql, Parameters(named));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            keys[(reader.GetGuid(0), reader.GetString(1), reader.GetString(2))] = reader.GetInt64(3);
    }

    private static NpgsqlParameter[] Parameters(List<(Guid Project, string Type, string Id)> groups) =>
    [
        StoreTransaction.Uuids("projects", groups.Select(group => group.Project)),
        StoreTransaction.Texts("types", groups.Select(group => group.Type)),
        StoreTransaction.Texts("raw_ids", groups.Select(group => group.Id)),
    ];

    private static async Task AddMembersAsync(
        StoreTransaction store, Dictionary<(Guid Project, long Group, long Id), long> members, CancellationToken ct)
    {
        if (members.Count == 0)
            return;
        await using var command = store.Command(
            AddMembersSql,
            StoreTransaction.Uuids("projects", members.Keys.Select(m => m.Project)),
            StoreTransaction.Longs("groups", members.Keys.Select(m => m.Group)),
            StoreTransaction.Longs("ids", members.Keys.Select(m => m.Id)),
            StoreTransaction.Times("since", members.Values));
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task AddWritesAsync(StoreTransaction store, List<OwnedWrite> writes, CancellationToken ct)
    {
        if (writes.Count == 0)
            return;
        await using (var add = store.Command(
            AddWritesSql,
            [
                .. Owners(writes),
                StoreTransaction.Times("ts", writes.Select(w => w.Write.Ts)),
                StoreTransaction.Uuids("events", writes.Select(w => w.Write.EventId)),
                StoreTransaction.Array("ops", NpgsqlDbType.Smallint, writes.Select(w => (short)w.Write.Operation).ToArray()),
                StoreTransaction.Array("values", NpgsqlDbType.Jsonb, writes.Select(w => w.Write.Value.GetRawText()).ToArray()),
                Operation("set_once", TraitOperation.SetOnce),
            ]))
        {
            await add.ExecuteNonQueryAsync(ct);
        }

        var resetting = writes.Where(w => w.Write.Operation != TraitOperation.Delete).ToList();
        await using var forget = store.Command(
            ForgetSql, [.. Owners(resetting), Operation("set", TraitOperation.Set), Operation("unset", TraitOperation.Unset)]);
        await forget.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlParameter[] Owners(List<OwnedWrite> writes) =>
    [
        StoreTransaction.Uuids("projects", writes.Select(w => w.ProjectId)),
        StoreTransaction.Array("owner_kinds", NpgsqlDbType.Smallint, writes.Select(w => (short)w.Owner).ToArray()),
        StoreTransaction.Longs("owners", writes.Select(w => w.OwnerKey)),
        StoreTransaction.Texts("names", writes.Select(w => w.Write.Name)),
    ];

    private static NpgsqlParameter Operation(string name, TraitOperation operation) =>
        new(name, NpgsqlDbType.Smallint) { Value = (short)operation };
}
