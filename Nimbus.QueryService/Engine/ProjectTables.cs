using System.Data;
using System.Globalization;
using Nimbus.Events;
using Nimbus.Events.Schema;
using Npgsql;

namespace Nimbus.QueryService.Engine;

/// <summary>A change of a project, as the outbox has it.</summary>
/// <param name="Kind">A sum of <see cref="OutboxKind"/>.</param>
/// <param name="ChangedIds">The keys in ids whose canonical id changed.</param>
internal sealed record Change(
    long N, short Kind, int EventCount, long? MinMs, long? MaxMs, Guid? FirstId, Guid? LastId, long[] ChangedIds)
{
    public bool Is(short kind) => (Kind & kind) != 0;
}

/// <summary>What the engine reads of one project in eventsdb, all of it in one snapshot.</summary>
internal sealed class ProjectTables(NpgsqlConnection connection, Guid projectId, TimeSpan timeout)
{
    private const string NamesSql = "SELECT code, name FROM event_names WHERE project_id = @project_id";

    private const string ChangesSql = """
        SELECT n, kind, event_count, min_ts, max_ts, first_id, last_id, changed_ids FROM outbox
        WHERE project_id = @project_id AND n > @after ORDER BY n LIMIT @take
        """;

    // Counts on events_by_time.
    private const string FirstSql =
        "SELECT ts FROM visible_events WHERE project_id = @project_id AND ts >= @from ORDER BY ts LIMIT 1";

    // Their events are in the table until a job has deleted them.
    private const string ErasedSql =
        "SELECT unnest(keys) FROM erasures WHERE project_id = @project_id AND events_deleted_at IS NULL";

    // These go without parameters, which COPY does not take; nothing in them comes from outside. The columns are those that
    // ReadEventsAsync expects.
    private const string EventColumns = "e.ts, e.id, e.name_code, e.type, e.user_key, e.anon_key, e.seq, e.props, e.context";

    private readonly HashSet<long> _erased = [];

    private Guid ProjectId => projectId;

    /// <summary>To be called once in a snapshot, before events are read: those of erased people are left out.</summary>
    public async Task ReadErasedAsync(CancellationToken ct)
    {
        await using var command = Command(ErasedSql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            _erased.Add(reader.GetInt64(0));
    }

    /// <summary>The changes after one, in order.</summary>
    public async Task<List<Change>> ChangesAsync(long after, int take, CancellationToken ct)
    {
        await using var command = Command(ChangesSql);
        command.Parameters.AddWithValue("after", after);
        command.Parameters.AddWithValue("take", take);
        var changes = new List<Change>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            changes.Add(new Change(
                reader.GetInt64(0), reader.GetInt16(1), reader.GetInt32(2), Ms(reader, 3), Ms(reader, 4),
                reader.IsDBNull(5) ? null : reader.GetGuid(5), reader.IsDBNull(6) ? null : reader.GetGuid(6),
                reader.IsDBNull(7) ? [] : reader.GetFieldValue<long[]>(7)));
        }
        return changes;
    }

    public async Task ReadNamesAsync(ProjectEvents events, CancellationToken ct)
    {
        await using var command = Command(NamesSql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            events.SetName(reader.GetInt32(0), reader.GetString(1));
    }

    /// <summary>Reads whose the ids are.</summary>
    /// <param name="keys">Null for all there are.</param>
    public async Task ReadPeopleAsync(PeopleTable people, IReadOnlyCollection<long>? keys, CancellationToken ct)
    {
        var missing = keys?.ToHashSet() ?? [];
        var some = keys is null ? "" : $" AND key = ANY('{{{string.Join(',', keys)}}}'::bigint[])";
        await using var stream = await CopyAsync(
            $"SELECT key, person_id, canonical, first_seen FROM ids WHERE project_id = '{ProjectId}'{some}", ct);
        var reader = new CopyReader(stream);
        while (await reader.NextAsync(ct))
        {
            var (key, person, canonical, firstSeen) = (reader.Int64()!.Value, reader.Uuid(), reader.Int64(), reader.TimeMs());
            people.Set(key, person, canonical, firstSeen);
            missing.Remove(key);
        }
        foreach (var key in missing)
            people.SetErased(key);
    }

    /// <summary>The time of the first event that is not before another; null without one.</summary>
    public async Task<long?> FirstTimeAsync(long fromMs, CancellationToken ct)
    {
        await using var command = Command(FirstSql);
        command.Parameters.AddWithValue("from", fromMs < MinMs ? DateTime.MinValue.ToUniversalTime() : DateTimeOffset.FromUnixTimeMilliseconds(fromMs).UtcDateTime);
        return await command.ExecuteScalarAsync(ct) is DateTime first ? new DateTimeOffset(first).ToUnixTimeMilliseconds() : null;
    }

    /// <summary>Adds the events of a range to <paramref name="rows"/>, in any order.</summary>
    /// <returns>False: there are more than <paramref name="most"/>, and not all were read.</returns>
    public async Task<bool> ReadEventsAsync(
        long fromMs, long toMs, ProjectEvents events, RowBuffer rows, int most, CancellationToken ct)
    {
        await using var stream = await CopyAsync($"""
            SELECT {EventColumns} FROM visible_events e
            WHERE e.project_id = '{ProjectId}' AND e.ts >= {Time(fromMs)} AND e.ts < {Time(toMs)}
            """, ct);
        return await ReadEventsAsync(stream, events, rows, (_, _) => true, most, ct);
    }

    /// <summary>Adds the events that some changes stored to <paramref name="rows"/>.</summary>
    /// <param name="isWanted">Gets the time of an event.</param>
    public async Task ReadEventsAsync(
        IReadOnlyList<Change> changes, ProjectEvents events, RowBuffer rows, Func<long, bool> isWanted, CancellationToken ct)
    {
        var stored = changes.Where(change => change is { MinMs: not null, MaxMs: not null, FirstId: not null, LastId: not null }
            && change.Is(OutboxKind.EventsStored)).ToList();
        if (stored.Count == 0)
            return;
        // One subquery a range, with OFFSET 0, is one search in events_by_time each; as a plain join it is up to the planner.
        var ranges = Merged(stored).Select(range =>
            $"({Time(range.FromMs)}, {Time(range.ToMs)}, '{range.FirstId}'::uuid, '{range.LastId}'::uuid)");
        await using var stream = await CopyAsync($"""
            SELECT {EventColumns}
            FROM (VALUES {string.Join(',', ranges)}) AS r(from_ts, to_ts, first_id, last_id)
            CROSS JOIN LATERAL (
                SELECT * FROM visible_events e
                WHERE e.project_id = '{ProjectId}' AND e.ts BETWEEN r.from_ts AND r.to_ts AND e.id BETWEEN r.first_id AND r.last_id
                OFFSET 0) AS e
            """, ct);
        // In the same milliseconds there may be events of other entries, which the last 62 bits of the ids tell apart.
        var byEntry = stored.ToLookup(change => EntryBits(change.FirstId!.Value));
        await ReadEventsAsync(
            stream, events, rows,
            (id, ms) => byEntry[EntryBits(id)].Any(change => id >= change.FirstId && id <= change.LastId) && isWanted(ms),
            int.MaxValue, ct);
    }

    private async Task<bool> ReadEventsAsync(
        Stream stream, ProjectEvents events, RowBuffer rows, Func<Guid, long, bool> isWanted, int most, CancellationToken ct)
    {
        var reader = new CopyReader(stream);
        while (await reader.NextAsync(ct))
        {
            if (rows.Count >= most)
                return false;
            ReadEvent(reader, events, rows, isWanted);
        }
        return true;
    }

    private void ReadEvent(CopyReader reader, ProjectEvents events, RowBuffer rows, Func<Guid, long, bool> isWanted)
    {
        var (ms, id, name, type) = (reader.TimeMs(), reader.Uuid(), reader.Int32(), (EventType)reader.Int16());
        var (user, anonymous, seq) = (reader.Int64(), reader.Int64(), reader.Int64());
        reader.TryField(out var props);
        reader.TryField(out var context);
        if (!isWanted(id, ms) || ((user ?? anonymous) is { } key && _erased.Contains(key)))
            return;
        var (own, other) = (Seen(events.People, user, ms), Seen(events.People, anonymous, ms));
        rows.Add(ms, name, user is null ? other : own, EventFlags.Of(type, user is null && anonymous is not null), seq);
        events.SawName(name);
        // The first byte is the version of the format.
        if (props.Length > 1)
            events.Properties.Read(props[1..], PropertySource.Props, rows);
        if (context.Length > 1)
            events.Properties.Read(context[1..], PropertySource.Context, rows);
    }

    private static int Seen(PeopleTable people, long? key, long ms)
    {
        if (key is not { } known)
            return -1;
        var dense = people.Dense(known);
        people.See(dense, ms);
        return dense;
    }

    private static List<(long FromMs, long ToMs, Guid FirstId, Guid LastId)> Merged(IEnumerable<Change> changes)
    {
        var merged = new List<(long FromMs, long ToMs, Guid FirstId, Guid LastId)>();
        foreach (var change in changes.OrderBy(change => change.MinMs))
        {
            var (fromMs, toMs, first, last) = (change.MinMs!.Value, change.MaxMs!.Value, change.FirstId!.Value, change.LastId!.Value);
            if (merged.Count > 0 && merged[^1] is var before && before.ToMs >= fromMs)
            {
                merged[^1] = (before.FromMs, Math.Max(before.ToMs, toMs),
                    first < before.FirstId ? first : before.FirstId, last > before.LastId ? last : before.LastId);
            }
            else
            {
                merged.Add((fromMs, toMs, first, last));
            }
        }
        return merged;
    }

    private static ulong EntryBits(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & 0x3FFF_FFFF_FFFF_FFFF;
    }

    private static readonly long MinMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();

    private static readonly long MaxMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static string Time(long ms) => ms < MinMs ? "'-infinity'::timestamptz" : ms > MaxMs ? "'infinity'::timestamptz"
        : $"'{DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)}+00'::timestamptz";

    private static long? Ms(NpgsqlDataReader reader, int field) =>
        reader.IsDBNull(field) ? null : new DateTimeOffset(reader.GetDateTime(field)).ToUnixTimeMilliseconds();

    private NpgsqlCommand Command(string sql)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)timeout.TotalSeconds };
        command.Parameters.AddWithValue("project_id", projectId);
        return command;
    }

    private async Task<Stream> CopyAsync(string select, CancellationToken ct)
    {
        var stream = await connection.BeginRawBinaryCopyAsync($"COPY ({select}) TO STDOUT (FORMAT BINARY)", ct);
        stream.ReadTimeout = (int)timeout.TotalMilliseconds;
        return stream;
    }
}
