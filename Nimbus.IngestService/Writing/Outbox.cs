using System.Globalization;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// The last statement of the transaction: numbers the changes of each project without gaps, in the order of the commits,
/// and says what they are. From here to the commit the project's row in project_seq is locked, so nothing may come after.
/// </summary>
internal static class Outbox
{
    public const string WriteSql = """
        WITH numbered AS (
            INSERT INTO project_seq AS s (project_id, n)
            SELECT project_id, count(*) FROM unnest(@projects) AS p(project_id) GROUP BY project_id ORDER BY project_id
            ON CONFLICT (project_id) DO UPDATE SET n = s.n + excluded.n
            RETURNING s.project_id, s.n)
        INSERT INTO outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts, first_id, last_id, changed_ids)
        SELECT c.project_id, numbered.n - c.later, c.entry_id, c.kind, c.event_count,
               c.min_ts, c.max_ts, c.first_id, c.last_id, c.changed_ids::bigint[]
        FROM unnest(@projects, @later, @entries, @kinds, @counts, @min_ts, @max_ts, @first_ids, @last_ids, @changed_ids)
             AS c(project_id, later, entry_id, kind, event_count, min_ts, max_ts, first_id, last_id, changed_ids)
        JOIN numbered USING (project_id)
        """;

    // The same in two statements: a cluster runs no statement that changes two tables.
    private const string NumberSql = """
        INSERT INTO project_seq AS s (project_id, n) VALUES (@project, @count)
        ON CONFLICT (project_id) DO UPDATE SET n = s.n + excluded.n
        RETURNING n
        """;

    private const string WriteNumberedSql = """
        INSERT INTO outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts, first_id, last_id, changed_ids)
        SELECT c.project_id, @n - c.later, c.entry_id, c.kind, c.event_count,
               c.min_ts, c.max_ts, c.first_id, c.last_id, c.changed_ids::bigint[]
        FROM unnest(@projects, @later, @entries, @kinds, @counts, @min_ts, @max_ts, @first_ids, @last_ids, @changed_ids)
             AS c(project_id, later, entry_id, kind, event_count, min_ts, max_ts, first_id, last_id, changed_ids)
        """;

    private const string WriteOneSql = """
        INSERT INTO outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts, changed_ids)
        VALUES (@project, @n, @entry, @kind, 0, @min_ts, @max_ts, @changed_ids)
        """;

    /// <summary>The same for a change that comes from no entry of the stream.</summary>
    /// <param name="id">Of what was done; it stands where that of an entry does.</param>
    /// <param name="kind">A sum of <see cref="OutboxKind"/>.</param>
    /// <param name="changedIds">The ids whose person changed.</param>
    /// <param name="range">The earliest and the latest time of the events that went.</param>
    /// <returns>The project's number of the change.</returns>
    public static async Task<long> WriteAsync(
        StoreTransaction store, Guid project, Guid id, short kind, IReadOnlyCollection<long>? changedIds,
        (DateTime First, DateTime Last)? range, CancellationToken ct)
    {
        var n = await NextAsync(store, project, 1, ct);
        await using var command = store.Command(
            WriteOneSql,
            new NpgsqlParameter("project", project),
            new NpgsqlParameter("n", n),
            new NpgsqlParameter("entry", id),
            new NpgsqlParameter("kind", kind),
            new NpgsqlParameter("min_ts", NpgsqlDbType.TimestampTz) { Value = (object?)range?.First ?? DBNull.Value },
            new NpgsqlParameter("max_ts", NpgsqlDbType.TimestampTz) { Value = (object?)range?.Last ?? DBNull.Value },
            new NpgsqlParameter("changed_ids", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = (object?)changedIds?.Order().ToArray() ?? DBNull.Value });
        await command.ExecuteNonQueryAsync(ct);
        return n;
    }

    private static async Task<long> NextAsync(StoreTransaction store, Guid project, long count, CancellationToken ct)
    {
        await using var command = store.Command(NumberSql, new NpgsqlParameter("project", project), new NpgsqlParameter("count", count));
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Writes one row per entry of which something was stored.</summary>
    public static async Task WriteAsync(StoreTransaction store, CancellationToken ct)
    {
        var changes = store.Stored.GroupBy(row => row.Entry, ReferenceEqualityComparer.Instance)
            .Select(rows => Change.Of([.. rows])).ToList();
        if (changes.Count == 0)
            return;
        var later = new int[changes.Count];
        var changedIds = new string?[changes.Count];
        var seen = new Dictionary<Guid, int>();
        for (var i = changes.Count - 1; i >= 0; i--)
        {
            var project = changes[i].Entry.ProjectId;
            later[i] = seen.GetValueOrDefault(project);
            seen[project] = later[i] + 1;
        }
        // The people of a project change with the last of its rows, when all of its events are there.
        for (var i = 0; i < changes.Count; i++)
        {
            if (later[i] == 0 && store.ChangedIds.TryGetValue(changes[i].Entry.ProjectId, out var ids))
                changedIds[i] = $"{{{string.Join(',', ids.Order().Select(id => id.ToString(CultureInfo.InvariantCulture)))}}}";
        }

        await using var command = store.Command(
            store.OnlyProject is null ? WriteSql : WriteNumberedSql,
            StoreTransaction.Uuids("projects", changes.Select(c => c.Entry.ProjectId)),
            StoreTransaction.Ints("later", later),
            StoreTransaction.Uuids("entries", changes.Select(c => c.Entry.EntryId)),
            StoreTransaction.Array("kinds", NpgsqlDbType.Smallint,
                changes.Select((c, i) => (short)(c.Kind | (changedIds[i] is null ? 0 : OutboxKind.PeopleChanged))).ToArray()),
            StoreTransaction.Ints("counts", changes.Select(c => c.Count)),
            StoreTransaction.TimesOrNull("min_ts", changes.Select(c => c.MinTs)),
            StoreTransaction.TimesOrNull("max_ts", changes.Select(c => c.MaxTs)),
            StoreTransaction.Uuids("first_ids", changes.Select(c => c.Entry.IdOf(c.FirstIndex))),
            StoreTransaction.Uuids("last_ids", changes.Select(c => c.Entry.IdOf(c.LastIndex))),
            StoreTransaction.Array("changed_ids", NpgsqlDbType.Text, changedIds));
        if (store.OnlyProject is { } only)
            command.Parameters.AddWithValue("n", await NextAsync(store, only, changes.Count, ct));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <param name="MinTs">Null, as the latest, where no events were stored.</param>
    private sealed record Change(Entry Entry, int Kind, int Count, long? MinTs, long? MaxTs, int FirstIndex, int LastIndex)
    {
        public static Change Of(IReadOnlyList<EventRow> rows)
        {
            var events = rows.Where(row => row.Event.IsEvent).ToList();
            var kind = (events.Count > 0 ? OutboxKind.EventsStored : 0) | (rows.Any(row => !row.Event.Update.IsEmpty) ? OutboxKind.TraitsChanged : 0);
            return new Change(
                rows[0].Entry, kind, events.Count,
                events.Count > 0 ? events.Min(row => row.Event.Ts) : null, events.Count > 0 ? events.Max(row => row.Event.Ts) : null,
                rows.Min(row => row.Event.Index), rows.Max(row => row.Event.Index));
        }
    }
}
