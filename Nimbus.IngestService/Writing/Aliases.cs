using Nimbus.Events;
using Npgsql;

namespace Nimbus.IngestService.Writing;

/// <summary>Joins the two ids of each alias: the one way in which two users become one person.</summary>
internal static class Aliases
{
    // Under the lock of the project's people, so that nobody else adds the same pair meanwhile. A pair that somebody parted
    // again stays apart, however often a client repeats its alias.
    private const string JoinSql = """
        INSERT INTO id_edges (project_id, edge_id, a, b, kind, ts, event_id)
        SELECT @project, n.edge_id, n.a, n.b, 1, n.ts, n.event_id
        FROM unnest(@edges, @a, @b, @ts, @events) AS n(edge_id, a, b, ts, event_id)
        WHERE NOT EXISTS (
            SELECT FROM id_edges e WHERE e.project_id = @project AND e.a = n.a AND e.b = n.b AND e.kind = 1)
        ORDER BY n.a, n.b
        RETURNING a, b
        """;

    /// <summary>Whether the row makes two ids one: not the same one twice, and none that is nobody's.</summary>
    public static bool Joins(EventRow row) =>
        row.Event is { OtherId: { } other, UserId: { } user } && other != user
        && !ProtectedIds.Contains(other) && !ProtectedIds.Contains(user);

    /// <summary>Stores the aliases among the rows. Their keys are set, and the people of their projects locked.</summary>
    /// <returns>By project the keys of the ids that moved.</returns>
    public static async Task<Dictionary<Guid, List<long>>> JoinAsync(
        StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        var moved = new Dictionary<Guid, List<long>>();
        foreach (var project in rows.Where(Joins).GroupBy(row => row.ProjectId).OrderBy(group => group.Key))
        {
            var first = project.GroupBy(Pair).Select(same => same.MinBy(row => row.Event.Ts)!).ToList();
            var ends = new List<long>();
            await using (var command = store.Command(
                JoinSql,
                new NpgsqlParameter("project", project.Key),
                StoreTransaction.Uuids("edges", first.Select(_ => Guid.CreateVersion7())),
                StoreTransaction.Longs("a", first.Select(row => Pair(row).A)),
                StoreTransaction.Longs("b", first.Select(row => Pair(row).B)),
                StoreTransaction.Times("ts", first.Select(row => row.Event.Ts)),
                StoreTransaction.Uuids("events", first.Select(row => row.Id))))
            {
                await using var reader = await command.ExecuteReaderAsync(ct);
                while (await reader.ReadAsync(ct))
                    ends.AddRange([reader.GetInt64(0), reader.GetInt64(1)]);
            }
            if (ends.Count > 0)
                moved[project.Key] = await People.RecomputeAsync(store, project.Key, ends, ct);
        }
        return moved;
    }

    private static (long A, long B) Pair(EventRow row) =>
        (Math.Min(row.UserKey!.Value, row.OtherKey!.Value), Math.Max(row.UserKey!.Value, row.OtherKey!.Value));
}
