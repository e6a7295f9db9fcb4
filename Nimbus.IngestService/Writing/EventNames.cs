using Nimbus.Events.Schema;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>Gives each name of a project its code: 1, 2, 3, …</summary>
internal static class EventNames
{
    private const string FindSql = """
        SELECT n.project_id, n.name, e.code
        FROM unnest(@projects, @names) AS n(project_id, name)
        CROSS JOIN LATERAL (
            SELECT e.code FROM event_names e WHERE e.project_id = n.project_id AND e.name = n.name OFFSET 0) AS e
        """;

    // Names are new so seldom that they are given out one transaction after the other, which keeps the codes dense.
    private const string InsertSql = """
        INSERT INTO event_names (project_id, code, name)
        SELECT n.project_id,
               coalesce((SELECT max(code) FROM event_names e WHERE e.project_id = n.project_id), 0)
                   + row_number() OVER (PARTITION BY n.project_id ORDER BY n.name),
               n.name
        FROM unnest(@projects, @names) AS n(project_id, name)
        WHERE NOT EXISTS (SELECT FROM event_names e WHERE e.project_id = n.project_id AND e.name = n.name)
        """;

    /// <summary>Sets <see cref="EventRow.NameCode"/> of all rows.</summary>
    public static async Task SetCodesAsync(StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        var unknown = rows.Select(row => (row.ProjectId, row.Event.Name)).Where(name => Code(store, name) is null).ToHashSet();
        if (unknown.Count > 0)
            await FindAsync(store, unknown, ct);
        if (unknown.Count > 0)
        {
            await ProjectLocks.TakeAsync(store, AdvisoryLocks.EventNames, unknown.Select(name => name.ProjectId), ct);
            await using (var insert = store.Command(InsertSql, Parameters(unknown)))
                await insert.ExecuteNonQueryAsync(ct);
            await FindAsync(store, unknown, ct);
        }
        foreach (var row in rows)
            row.NameCode = Code(store, (row.ProjectId, row.Event.Name))!.Value;
    }

    private static int? Code(StoreTransaction store, (Guid, string) name) =>
        store.Memory.Names.TryGetValue(name, out var code) || store.Found.Names.TryGetValue(name, out code) ? code : null;

    private static async Task FindAsync(StoreTransaction store, HashSet<(Guid, string)> unknown, CancellationToken ct)
    {
        await using var command = store.Command(FindSql, Parameters(unknown));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var name = (reader.GetGuid(0), reader.GetString(1));
            store.Found.Names[name] = reader.GetInt32(2);
            unknown.Remove(name);
        }
    }

    private static NpgsqlParameter[] Parameters(HashSet<(Guid Project, string Name)> names) =>
    [
        StoreTransaction.Uuids("projects", names.Select(n => n.Project)),
        StoreTransaction.Texts("names", names.Select(n => n.Name)),
    ];
}
