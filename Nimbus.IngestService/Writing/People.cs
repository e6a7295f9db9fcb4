using Nimbus.Events;
using Nimbus.Events.Schema;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>A pair of ids that events carry together, and the first of those events.</summary>
internal sealed record SeenLink(Guid ProjectId, string Anonymous, string User, EventRow First)
{
    public (Guid, string, string) Pair => (ProjectId, Anonymous, User);

    public long Ts => First.Event.Ts;
}

/// <summary>Links the ids that events carry together, and keeps who is one person.</summary>
internal static class People
{
    // LATERAL with OFFSET 0 throughout: lookups by index, whatever the planner thinks of tables that just begin to grow.
    private const string FindSql = """
        SELECT n.project_id, n.anonymous, n."user", e.ts, e.is_undone
        FROM unnest(@projects, @anonymous, @users) AS n(project_id, anonymous, "user")
        CROSS JOIN LATERAL (
            SELECT i.key FROM ids i WHERE i.project_id = n.project_id AND i.raw_id = n.anonymous OFFSET 0) AS a
        CROSS JOIN LATERAL (
            SELECT i.key FROM ids i WHERE i.project_id = n.project_id AND i.raw_id = n."user" OFFSET 0) AS u
        CROSS JOIN LATERAL (
            SELECT e.ts, e.undone_at IS NOT NULL AS is_undone FROM id_edges e
            WHERE e.project_id = n.project_id AND e.a = a.key AND e.b = u.key AND e.kind = 0 OFFSET 0) AS e
        """;

    // What somebody took back stays taken back, however often the two ids are seen together again.
    private const string LinkSql = """
        INSERT INTO id_edges AS e (project_id, edge_id, a, b, kind, ts, event_id)
        SELECT @project, n.edge_id, n.a, n.b, 0, n.ts, n.event_id
        FROM unnest(@edges, @a, @b, @ts, @events) AS n(edge_id, a, b, ts, event_id)
        ORDER BY n.a, n.b
        ON CONFLICT (project_id, a, b) WHERE kind = 0
        DO UPDATE SET ts = excluded.ts, event_id = excluded.event_id WHERE e.undone_at IS NULL AND excluded.ts < e.ts
        """;

    // The first link of each anonymous id; index id_edges_first_link, so that a shared device with thousands costs no more.
    private const string FirstLinksSql = """
        SELECT n.a, first.b, first.ts, first.raw_id
        FROM unnest(@a) AS n(a)
        CROSS JOIN LATERAL (
            SELECT e.b, e.ts, u.raw_id
            FROM (SELECT e.b, e.ts FROM id_edges e
                  WHERE e.project_id = @project AND e.a = n.a AND e.kind = 0 AND e.undone_at IS NULL
                  ORDER BY e.ts FETCH FIRST ROW WITH TIES) AS e
            CROSS JOIN LATERAL (
                SELECT i.raw_id FROM ids i WHERE i.project_id = @project AND i.key = e.b OFFSET 0) AS u
            ORDER BY u.raw_id COLLATE "C" LIMIT 1) AS first
        """;

    private const string MembersSql = """
        SELECT m.key, m.canonical
        FROM (SELECT DISTINCT i.canonical FROM unnest(@touched) AS t(key)
              CROSS JOIN LATERAL (
                  SELECT i.canonical FROM ids i WHERE i.project_id = @project AND i.key = t.key OFFSET 0) AS i) AS component
        CROSS JOIN LATERAL (
            SELECT i.key, i.canonical FROM ids i WHERE i.project_id = @project AND i.canonical = component.canonical OFFSET 0) AS m
        """;

    private const string AliasesSql = """
        SELECT a, b FROM id_edges WHERE project_id = @project AND a = ANY(@members) AND kind <> 0 AND undone_at IS NULL
        """;

    // An update of rows that exist, written as an insert because that goes through them in the order of all writers.
    private const string SetSql = """
        INSERT INTO ids (project_id, key, raw_id, person_id, first_seen, canonical)
        SELECT @project, n.key, i.raw_id, i.person_id, i.first_seen, n.canonical
        FROM unnest(@keys, @canonical) AS n(key, canonical)
        CROSS JOIN LATERAL (
            SELECT i.raw_id, i.person_id, i.first_seen FROM ids i WHERE i.project_id = @project AND i.key = n.key OFFSET 0) AS i
        ORDER BY i.raw_id COLLATE "C"
        ON CONFLICT (project_id, key) DO UPDATE SET canonical = excluded.canonical
        """;

    /// <summary>
    /// The links among the rows that are new or earlier than what is stored, their projects locked against other changes of
    /// people. The lock is taken before any id is written: a transaction that waits for it holds no id that the one before it needs.
    /// </summary>
    public static async Task<List<SeenLink>> LockNewLinksAsync(
        StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        var unknown = Links(rows).Where(link => !IsKnown(store.Memory, link) && !IsKnown(store.Found, link)).ToList();
        if (unknown.Count > 0)
            await FindAsync(store, unknown, ct);
        var news = unknown.Where(link => !IsKnown(store.Found, link)).ToList();
        var projects = news.Select(link => link.ProjectId).Concat(rows.Where(Aliases.Joins).Select(row => row.ProjectId)).ToList();
        if (projects.Count > 0)
            await ProjectLocks.TakeAsync(store, AdvisoryLocks.People, projects, ct);
        return news;
    }

    /// <summary>Stores the links, and moves the ids whose person they change.</summary>
    /// <returns>By project the keys of the ids that moved.</returns>
    public static async Task<Dictionary<Guid, List<long>>> LinkAsync(
        StoreTransaction store, IReadOnlyList<SeenLink> links, CancellationToken ct)
    {
        var moved = new Dictionary<Guid, List<long>>();
        foreach (var project in links.GroupBy(link => link.ProjectId).OrderBy(group => group.Key))
        {
            await AddAsync(store, project.Key, [.. project], ct);
            moved[project.Key] = await MoveAsync(store, project.Key, [.. project], ct);
            foreach (var link in project)
                store.Found.Links[link.Pair] = link.Ts;
        }
        return moved;
    }

    private static List<SeenLink> Links(IReadOnlyList<EventRow> rows)
    {
        var links = new Dictionary<(Guid, string, string), SeenLink>();
        foreach (var row in rows)
        {
            if (row.Event is not { UserId: { } user, AnonymousId: { } anonymous } || user == anonymous
                || ProtectedIds.Contains(user) || ProtectedIds.Contains(anonymous))
                continue;
            var link = new SeenLink(row.ProjectId, anonymous, user, row);
            if (!links.TryGetValue(link.Pair, out var other) || link.Ts < other.Ts)
                links[link.Pair] = link;
        }
        return [.. links.Values];
    }

    private static bool IsKnown(WriterMemory memory, SeenLink link) =>
        memory.Links.TryGetValue(link.Pair, out var ts) && ts <= link.Ts;

    private static async Task FindAsync(StoreTransaction store, List<SeenLink> links, CancellationToken ct)
    {
        await using var command = store.Command(
            FindSql,
            StoreTransaction.Uuids("projects", links.Select(link => link.ProjectId)),
            StoreTransaction.Texts("anonymous", links.Select(link => link.Anonymous)),
            StoreTransaction.Texts("users", links.Select(link => link.User)));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var isUndone = reader.GetBoolean(4);
            store.Found.Links[(reader.GetGuid(0), reader.GetString(1), reader.GetString(2))] =
                isUndone ? long.MinValue : new DateTimeOffset(reader.GetDateTime(3)).ToUnixTimeMilliseconds();
        }
    }

    private static async Task AddAsync(StoreTransaction store, Guid project, List<SeenLink> links, CancellationToken ct)
    {
        await using var command = store.Command(
            LinkSql,
            new NpgsqlParameter("project", project),
            StoreTransaction.Uuids("edges", links.Select(_ => Guid.CreateVersion7())),
            StoreTransaction.Longs("a", links.Select(link => link.First.AnonKey!.Value)),
            StoreTransaction.Longs("b", links.Select(link => link.First.UserKey!.Value)),
            StoreTransaction.Times("ts", links.Select(link => link.Ts)),
            StoreTransaction.Uuids("events", links.Select(link => link.First.Id)));
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<List<long>> MoveAsync(StoreTransaction store, Guid project, List<SeenLink> links, CancellationToken ct)
    {
        // A link moves an id only where it is now that id's first: on a shared device nearly none is.
        var pairs = links.Select(link => (A: link.First.AnonKey!.Value, B: link.First.UserKey!.Value)).ToHashSet();
        var first = await FirstLinksAsync(store, project, pairs.Select(pair => pair.A).Distinct(), ct);
        var moving = first.Where(link => pairs.Contains((link.A, link.B))).ToList();
        if (moving.Count == 0)
            return [];

        return await RecomputeAsync(store, project, moving.SelectMany(link => new[] { link.A, link.B }), ct);
    }

    /// <summary>
    /// Finds out anew who is who among the persons of the ids, after an edge came or went: whatever it joins or parts lies in
    /// the components that its ends are in now.
    /// </summary>
    /// <returns>The keys of the ids that moved.</returns>
    public static async Task<List<long>> RecomputeAsync(
        StoreTransaction store, Guid project, IEnumerable<long> ends, CancellationToken ct)
    {
        var touched = ends.ToHashSet();
        var before = await MembersAsync(store, project, touched, ct);
        var links = await FirstLinksAsync(store, project, before.Keys, ct);
        // Where a first link was taken back, the id's next one may lead to somebody else.
        var elsewhere = links.Select(link => link.B).Where(b => !before.ContainsKey(b)).ToList();
        if (elsewhere.Count > 0)
        {
            touched.UnionWith(elsewhere);
            before = await MembersAsync(store, project, touched, ct);
            links = await FirstLinksAsync(store, project, before.Keys, ct);
        }
        var edges = links.Concat(await AliasesAsync(store, project, before.Keys, ct)).ToList();
        var after = CanonicalIds.Of(before.Keys, edges);
        store.SawPeopleOf(after.Values.CountBy(person => person).Select(person => person.Value));

        var moved = after.Where(id => before[id.Key] != id.Value).ToList();
        if (moved.Count > 0)
        {
            await using var command = store.Command(
                SetSql,
                new NpgsqlParameter("project", project),
                StoreTransaction.Longs("keys", moved.Select(id => id.Key)),
                StoreTransaction.Longs("canonical", moved.Select(id => id.Value)));
            await command.ExecuteNonQueryAsync(ct);
        }
        return [.. moved.Select(id => id.Key)];
    }

    private static async Task<List<IdEdge>> FirstLinksAsync(
        StoreTransaction store, Guid project, IEnumerable<long> anonymous, CancellationToken ct)
    {
        await using var command = store.Command(
            FirstLinksSql, new NpgsqlParameter("project", project), StoreTransaction.Longs("a", anonymous));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var links = new List<IdEdge>();
        while (await reader.ReadAsync(ct))
        {
            var ts = new DateTimeOffset(reader.GetDateTime(2)).ToUnixTimeMilliseconds();
            links.Add(new IdEdge(reader.GetInt64(0), reader.GetInt64(1), IdEdgeKind.Link, ts, reader.GetString(3)));
        }
        return links;
    }

    private static async Task<Dictionary<long, long>> MembersAsync(
        StoreTransaction store, Guid project, IEnumerable<long> touched, CancellationToken ct)
    {
        await using var command = store.Command(
            MembersSql, new NpgsqlParameter("project", project), StoreTransaction.Longs("touched", touched));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var members = new Dictionary<long, long>();
        while (await reader.ReadAsync(ct))
            members.Add(reader.GetInt64(0), reader.GetInt64(1));
        return members;
    }

    private static async Task<List<IdEdge>> AliasesAsync(
        StoreTransaction store, Guid project, IEnumerable<long> members, CancellationToken ct)
    {
        await using var command = store.Command(
            AliasesSql, new NpgsqlParameter("project", project), StoreTransaction.Longs("members", members));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var aliases = new List<IdEdge>();
        while (await reader.ReadAsync(ct))
            aliases.Add(new IdEdge(reader.GetInt64(0), reader.GetInt64(1), IdEdgeKind.Alias, 0, ""));
        return aliases;
    }
}
