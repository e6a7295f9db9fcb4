using System.Text.Json;
using System.Text.Json.Nodes;
using Nimbus.Events;
using Nimbus.QueryService.Querying;
using Npgsql;

namespace Nimbus.QueryService.Persons;

/// <summary>Reads who there is (docs/metrics.md#persons).</summary>
public sealed class PersonsReader(QueryDatabase database)
{
    public const int MaxLimit = 100;
    private const int MaxIdsInList = 100;
    private const int MaxIds = 1000;

    private static readonly JsonSerializerOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    // Keys grow: the person met last comes first. The search looks at every id of the project.
    private static string ListSql(string? search, long? after, bool among) => $"""
        SELECT p.key, p.person_id, ids.raw_ids, ids.first_seen
        FROM (
            SELECT p.key, p.person_id FROM ids p
            WHERE p.project_id = @project_id AND p.canonical = p.key
            {(after is null ? "" : "AND p.key < @after")}
            {(among ? "AND p.key = ANY(@among)" : "")}
            {(search is null ? "" : """
              AND p.key IN (SELECT i.canonical FROM ids i
                            WHERE i.project_id = @project_id AND position(lower(@search) IN lower(i.raw_id)) > 0)
              """)}
            ORDER BY p.key DESC LIMIT @take
        ) p
        CROSS JOIN LATERAL (
            SELECT (array_agg(i.raw_id ORDER BY i.first_seen, i.key))[1:@ids] AS raw_ids, min(i.first_seen) AS first_seen
            FROM ids i WHERE i.project_id = @project_id AND i.canonical = p.key
        ) ids
        ORDER BY p.key DESC
        """;

    // Whichever of its public ids a person is asked for by.
    private const string FindSql = """
        SELECT p.key, p.person_id FROM ids asked
        JOIN ids p ON p.project_id = @project_id AND p.key = asked.canonical
        WHERE asked.project_id = @project_id AND asked.person_id = @person_id
        """;

    private const string IdsSql = """
        SELECT (array_agg(i.raw_id ORDER BY i.first_seen, i.key))[1:@ids], min(i.first_seen)
        FROM ids i WHERE i.project_id = @project_id AND i.canonical = @person
        """;

    // By events_by_time from its end, to the first event of the person.
    private const string LastSeenSql = """
        SELECT e.ts FROM visible_events e
        WHERE e.project_id = @project_id AND e.ts >= @first_seen
          AND coalesce(e.user_key, e.anon_key) = ANY(ARRAY(
              SELECT key FROM ids WHERE project_id = @project_id AND canonical = @person))
        ORDER BY e.ts DESC LIMIT 1
        """;

    private const string TraitsSql = """
        SELECT w.name, w.ts, w.event_id, w.op, w.value::text
        FROM ids i JOIN trait_writes w ON w.project_id = @project_id AND w.owner_kind = 0 AND w.owner_key = i.key
        WHERE i.project_id = @project_id AND i.canonical = @person
        """;

    private const string GroupsSql = """
        SELECT g.type, g.raw_id, min(m.since)
        FROM ids i
        JOIN group_members m ON m.project_id = @project_id AND m.id_key = i.key
        JOIN groups g ON g.project_id = @project_id AND g.key = m.group_key
        WHERE i.project_id = @project_id AND i.canonical = @person
        GROUP BY g.type, g.raw_id
        ORDER BY g.type COLLATE "C", g.raw_id COLLATE "C"
        LIMIT @ids
        """;

    /// <param name="projectId">Whose people.</param>
    /// <param name="search">Part of one of the ids; null for everybody.</param>
    /// <param name="limit">At most <see cref="MaxLimit"/>.</param>
    /// <param name="after">Where the page before ended.</param>
    /// <param name="ct">Stops the query.</param>
    /// <param name="among">Keys of the people to list; null for everybody.</param>
    public Task<PersonsResult> ListAsync(
        Guid projectId, string? search, int limit, PersonCursor? after, CancellationToken ct, long[]? among = null) =>
        database.ReadAsync("persons", projectId, async snapshot =>
        {
            await using var command = snapshot.Command(ListSql(search, after?.Key, among is not null));
            command.Parameters.AddWithValue("project_id", projectId);
            command.Parameters.AddWithValue("take", limit + 1);
            command.Parameters.AddWithValue("ids", MaxIdsInList);
            if (search is not null) command.Parameters.AddWithValue("search", search);
            if (after is not null) command.Parameters.AddWithValue("after", after.Key);
            if (among is not null) command.Parameters.AddWithValue("among", among);

            await using var reader = await command.ExecuteReaderAsync(ct);
            var persons = new List<PersonSummary>();
            var last = 0L;
            while (await reader.ReadAsync(ct))
            {
                if (persons.Count == limit) return new PersonsResult(persons, new PersonCursor(last).ToString());
                last = reader.GetInt64(0);
                persons.Add(new(reader.GetGuid(1), reader.GetFieldValue<string[]>(2), reader.GetDateTime(3)));
            }
            return new PersonsResult(persons, NextCursor: null);
        }, ct);

    /// <summary>The person; null where there is none of this id in the project.</summary>
    public Task<PersonResult?> FindAsync(Guid projectId, Guid personId, CancellationToken ct) =>
        database.ReadAsync("person", projectId, async snapshot =>
        {
            if (await FindAsync(snapshot, projectId, personId, ct) is not var (key, id)) return null;
            var (ids, firstSeen) = await IdsAsync(snapshot, projectId, key, ct);
            var traits = await TraitsAsync(snapshot, projectId, key, ct);
            var groups = await GroupsAsync(snapshot, projectId, key, ct);
            var lastSeen = await LastSeenAsync(snapshot, projectId, key, firstSeen, ct);
            return new PersonResult(id, ids, traits, groups, firstSeen, lastSeen);
        }, ct);

    /// <summary>The key of the person today; null where there is none of this id in the project.</summary>
    public Task<long?> FindKeyAsync(Guid projectId, Guid personId, CancellationToken ct) =>
        database.ReadAsync("person", projectId, async snapshot => (await FindAsync(snapshot, projectId, personId, ct))?.Key, ct);

    private static async Task<(long Key, Guid Id)?> FindAsync(Snapshot snapshot, Guid projectId, Guid personId, CancellationToken ct)
    {
        await using var command = snapshot.Command(FindSql);
        command.Parameters.AddWithValue("project_id", projectId);
        command.Parameters.AddWithValue("person_id", personId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetInt64(0), reader.GetGuid(1)) : null;
    }

    private static async Task<(string[] Ids, DateTime FirstSeen)> IdsAsync(
        Snapshot snapshot, Guid projectId, long person, CancellationToken ct)
    {
        await using var command = Command(snapshot, IdsSql, projectId, person);
        command.Parameters.AddWithValue("ids", MaxIds);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetFieldValue<string[]>(0), reader.GetDateTime(1));
    }

    private static async Task<DateTime?> LastSeenAsync(
        Snapshot snapshot, Guid projectId, long person, DateTime firstSeen, CancellationToken ct)
    {
        await using var command = Command(snapshot, LastSeenSql, projectId, person);
        command.Parameters.AddWithValue("first_seen", firstSeen);
        return (DateTime?)await command.ExecuteScalarAsync(ct);
    }

    private static async Task<RawJson> TraitsAsync(Snapshot snapshot, Guid projectId, long person, CancellationToken ct)
    {
        await using var command = Command(snapshot, TraitsSql, projectId, person);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var writes = new List<TraitWrite>();
        while (await reader.ReadAsync(ct))
        {
            var ts = new DateTimeOffset(reader.GetDateTime(1)).ToUnixTimeMilliseconds();
            var value = JsonSerializer.Deserialize<JsonElement>(reader.GetString(4), AnyDepth);
            writes.Add(new(reader.GetString(0), ts, reader.GetGuid(2), (TraitOperation)reader.GetInt16(3), value));
        }
        return new RawJson(new JsonObject(Traits.Of(writes)).ToJsonString(AnyDepth));
    }

    private static async Task<IReadOnlyList<PersonGroup>> GroupsAsync(
        Snapshot snapshot, Guid projectId, long person, CancellationToken ct)
    {
        await using var command = Command(snapshot, GroupsSql, projectId, person);
        command.Parameters.AddWithValue("ids", MaxIds);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var groups = new List<PersonGroup>();
        while (await reader.ReadAsync(ct))
            groups.Add(new(reader.GetString(0), reader.GetString(1), reader.GetDateTime(2)));
        return groups;
    }

    private static NpgsqlCommand Command(Snapshot snapshot, string sql, Guid projectId, long person)
    {
        var command = snapshot.Command(sql);
        command.Parameters.AddWithValue("project_id", projectId);
        command.Parameters.AddWithValue("person", person);
        return command;
    }
}
