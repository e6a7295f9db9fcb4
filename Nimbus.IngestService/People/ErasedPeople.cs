using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Writing;
using Npgsql;

namespace Nimbus.IngestService.People;

/// <summary>
/// Keeps out of the tables what people did before they were erased: what was still in the stream, what a client sends again,
/// what a phone brings after weeks, what an old export brings back. What happened after the erasure is of a new person.
/// </summary>
internal sealed class ErasedPeople(ErasedIdHash hash)
{
    private const string ProjectsSql = "SELECT DISTINCT project_id, master_key FROM erased_ids";

    private const string FindSql = """
        SELECT n.project_id, n.raw_id, e.erased_at
        FROM unnest(@projects, @raw_ids, @hashes) AS n(project_id, raw_id, hash)
        CROSS JOIN LATERAL (
            SELECT e.erased_at FROM erased_ids e WHERE e.project_id = n.project_id AND e.hash = n.hash OFFSET 0) AS e
        """;

    /// <summary>The rows and refused elements that may be stored. An erased id beside somebody else's is taken off the event.</summary>
    public async Task<(List<EventRow> Rows, List<(Entry Entry, RefusedEvent Event)> Refused)> WithoutErasedAsync(
        StoreTransaction store, List<EventRow> rows, List<(Entry Entry, RefusedEvent Event)> refused, CancellationToken ct)
    {
        var projects = store.Memory.ErasedIn ??= await ProjectsAsync(store, ct);
        if (projects.Count == 0 || !rows.Select(row => row.ProjectId).Concat(refused.Select(r => r.Entry.ProjectId)).Any(projects.Contains))
            return (rows, refused);

        var named = refused.ToDictionary(r => r, r => projects.Contains(r.Entry.ProjectId) ? NamedIds.In(r.Event.Original.Span) : []);
        var ids = rows.Where(row => projects.Contains(row.ProjectId))
            .SelectMany(row => new[] { row.Event.UserId, row.Event.AnonymousId, row.Event.OtherId }.OfType<string>().Select(id => (row.ProjectId, id)))
            .Concat(named.SelectMany(r => r.Value.Select(id => (r.Key.Entry.ProjectId, id))))
            .ToHashSet();
        var erased = await FindAsync(store, projects, ids, ct);
        if (erased.Count == 0)
            return (rows, refused);

        return (
            [.. rows.Where(row => !IsErased(row.Entry, row.Event.UserId ?? row.Event.AnonymousId, row.Event.Ts))
                .Select(row => WithoutErasedBeside(row))],
            [.. refused.Where(r => !named[r].Any(id => IsErased(r.Entry, id, r.Entry.ReceivedAt)))]);

        bool IsErased(Entry entry, string? id, long ts) =>
            id is not null && erased.TryGetValue((entry.ProjectId, id), out var at) && Math.Min(entry.ReceivedAt, ts) <= at;

        EventRow WithoutErasedBeside(EventRow row)
        {
            if (IsErased(row.Entry, row.Event.AnonymousId, row.Event.Ts))
                row.Event.AnonymousId = null;
            if (IsErased(row.Entry, row.Event.OtherId, row.Event.Ts))
                row.Event.OtherId = null;
            return row;
        }
    }

    private static async Task<ErasedProjects> ProjectsAsync(StoreTransaction store, CancellationToken ct)
    {
        await using var command = store.Command(ProjectsSql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var projects = new ErasedProjects();
        while (await reader.ReadAsync(ct))
            projects.Add(reader.GetGuid(0), reader.GetString(1));
        return projects;
    }

    /// <summary>When each of the ids was erased, in Unix milliseconds; those that were not are missing.</summary>
    private async Task<Dictionary<(Guid, string), long>> FindAsync(
        StoreTransaction store, ErasedProjects projects, HashSet<(Guid Project, string RawId)> ids, CancellationToken ct)
    {
        // A master key that is missing stops the storing here, and says so: without it nobody can tell who was erased.
        var hashed = ids.SelectMany(id => projects.KeysOf(id.Project).Select(key => (id.Project, id.RawId, Hash: hash.Of(key, id.Project, id.RawId)))).ToList();
        await using var command = store.Command(
            FindSql,
            StoreTransaction.Uuids("projects", hashed.Select(h => h.Project)),
            StoreTransaction.Texts("raw_ids", hashed.Select(h => h.RawId)),
            StoreTransaction.Uuids("hashes", hashed.Select(h => h.Hash)));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var erased = new Dictionary<(Guid, string), long>();
        while (await reader.ReadAsync(ct))
        {
            var id = (reader.GetGuid(0), reader.GetString(1));
            var at = reader.GetFieldValue<DateTimeOffset>(2).ToUnixTimeMilliseconds();
            erased[id] = Math.Max(at, erased.GetValueOrDefault(id, at));
        }
        return erased;
    }
}

/// <summary>The projects in which somebody was erased, and the master keys that their ids are hashed with.</summary>
internal sealed class ErasedProjects
{
    private readonly Dictionary<Guid, List<string>> _keys = [];

    public int Count => _keys.Count;

    public void Add(Guid project, string masterKey)
    {
        if (!_keys.TryGetValue(project, out var keys))
            _keys[project] = keys = [];
        keys.Add(masterKey);
    }

    public bool Contains(Guid project) => _keys.ContainsKey(project);

    public IEnumerable<string> KeysOf(Guid project) => _keys.GetValueOrDefault(project, []);
}
