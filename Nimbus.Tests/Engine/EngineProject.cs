using System.Globalization;
using System.Text.Json;
using Nimbus.Events;
using Nimbus.QueryService.Engine;
using Npgsql;

namespace Nimbus.Tests.Engine;

/// <summary>A project that changes as writers of the ingest service change it: each change one transaction with its outbox row.</summary>
public sealed class EngineProject(NpgsqlDataSource database)
{
    private readonly Dictionary<string, int> _names = [];
    private readonly Dictionary<string, long> _keys = [];
    private long _receivedMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public Guid Id { get; } = Guid.NewGuid();

    public long N { get; private set; }

    /// <summary>Stores events as one entry.</summary>
    public async Task StoreAsync(params EngineEvent[] events)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var entry = Guid.NewGuid();
        // Several entries are received in one millisecond, as on a busy machine.
        _receivedMs += Random.Shared.Next(2);
        var ids = Enumerable.Range(0, events.Length).Select(place => IdOf(entry, place)).ToList();
        await using var batch = new NpgsqlBatch(connection, transaction);
        for (var i = 0; i < events.Length; i++)
        {
            var e = events[i];
            if (!_names.TryGetValue(e.Name, out var code))
            {
                _names.Add(e.Name, code = _names.Count + 1);
                Add(batch, "INSERT INTO event_names (project_id, code, name) VALUES ($1, $2, $3)", Id, code, e.Name);
            }
            var (user, anonymous) = (Key(batch, e.UserId, e.Ms), Key(batch, e.AnonymousId, e.Ms));
            Add(batch, """
                INSERT INTO events (project_id, ts, id, name_code, type, user_key, anon_key, props, context, received_at, seq)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb, now(), $10)
                """, Id, Time(e.Ms), ids[i], code, (short)e.Type, user, anonymous, e.Props, e.Context, e.Seq);
        }
        var times = events.Select(e => e.Ms).ToList();
        AddChange(batch, entry, 1, events.Length, times.Count == 0 ? null : times.Min(), times.Count == 0 ? null : times.Max(), ids.FirstOrDefault(), ids.LastOrDefault(), null);
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>Makes ids one person, or each their own again.</summary>
    /// <param name="canonical">Null: each their own.</param>
    public async Task JoinAsync(string? canonical, params string[] ids)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection, transaction);
        var target = canonical is null ? null : Key(batch, canonical, null);
        var keys = ids.Select(id => Key(batch, id, null)!.Value).ToArray();
        foreach (var key in keys)
            Add(batch, "UPDATE ids SET canonical = $3 WHERE project_id = $1 AND key = $2", Id, key, target ?? key);
        AddChange(batch, Guid.NewGuid(), 2, 0, null, null, default, default, keys);
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>Deletes what a condition on <c>events</c> picks, and says which days are to be read again.</summary>
    public async Task DeleteAsync(string condition, long fromMs, long toMs)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection, transaction);
        Add(batch, $"DELETE FROM events WHERE project_id = $1 AND ts BETWEEN $2 AND $3 AND {condition}", Id, Time(fromMs), Time(toMs));
        AddChange(batch, Guid.NewGuid(), 8, 0, fromMs, toMs, default, default, null);
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>Takes a person of one id out, before their events are deleted.</summary>
    public async Task EraseAsync(string id)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection, transaction);
        var key = _keys[id];
        Add(batch, "DELETE FROM ids WHERE project_id = $1 AND key = $2", Id, key);
        // From before the first event on, since the running system's own job sees this too, and says when it has deleted them all.
        Add(batch, """
            INSERT INTO erasures (project_id, erasure_id, person_ids, requested_by, requested_at, keys, first_ts, last_n)
            VALUES ($1, gen_random_uuid(), '{}', gen_random_uuid(), now(), $2, '2026-01-01Z', 0)
            """, Id, new[] { key });
        AddChange(batch, Guid.NewGuid(), 2, 0, null, null, default, default, [key]);
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>A change that moves n alone, such as of traits.</summary>
    public async Task TouchAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        AddChange(batch, Guid.NewGuid(), 4, 0, null, null, default, default, null);
        await batch.ExecuteNonQueryAsync();
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(Id);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>All events as eventsdb has them, one line each, in no order.</summary>
    public async Task<List<string>> RowsAsync(string condition = "true")
    {
        await using var command = database.CreateCommand($"""
            SELECT e.ts, n.name, p.person_id, e.type, e.user_key IS NULL AND e.anon_key IS NOT NULL, e.seq, e.props::text, e.context::text
            FROM events e
            JOIN event_names n ON n.project_id = e.project_id AND n.code = e.name_code
            LEFT JOIN ids i ON i.project_id = e.project_id AND i.key = coalesce(e.user_key, e.anon_key)
            LEFT JOIN ids p ON p.project_id = e.project_id AND p.key = i.canonical
            WHERE e.project_id = $1 AND ({condition})
            """);
        command.Parameters.AddWithValue(Id);
        var rows = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(EngineRows.Line(
                new DateTimeOffset(reader.GetDateTime(0)).ToUnixTimeMilliseconds(), reader.GetString(1),
                reader.IsDBNull(2) ? null : reader.GetGuid(2), (EventType)reader.GetInt16(3), reader.GetBoolean(4),
                reader.IsDBNull(5) ? null : reader.GetInt64(5), Members(reader.GetString(6)).Select(member => EngineRows.Member("p", member.Key, member.Value))
                    .Concat(Inner("", reader.IsDBNull(7) ? "{}" : reader.GetString(7)).Select(member => EngineRows.Member("c", member.Key, member.Value)))));
        }
        return rows;
    }

    private static IEnumerable<(string Key, PropertyValue Value)> Members(string json) =>
        JsonDocument.Parse(json).RootElement.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null)
            .Select(member => (member.Name, PropertyValue.OfJson(member.Value.GetRawText())));

    /// <summary>The members of an object, and those of the objects in it.</summary>
    private static IEnumerable<(string Key, PropertyValue Value)> Inner(string path, string json) =>
        Members(json).SelectMany(member => member.Value.Json.StartsWith('{')
            ? Inner($"{path}{member.Key}.", member.Value.Json).Prepend((path + member.Key, member.Value))
            : [(path + member.Key, member.Value)]);

    private static DateTime Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime;

    private Guid IdOf(Guid entry, int place)
    {
        Span<byte> bytes = stackalloc byte[16];
        entry.TryWriteBytes(bytes, bigEndian: true, out _);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, (_receivedMs << 16) | 0x7000L | (uint)place);
        return new Guid(bytes, bigEndian: true);
    }

    private long? Key(NpgsqlBatch batch, string? id, long? seenMs)
    {
        if (id is null)
            return null;
        if (!_keys.TryGetValue(id, out var key))
            _keys.Add(id, key = Interlocked.Increment(ref _lastKey));
        Add(batch, """
            INSERT INTO ids AS i (project_id, key, raw_id, person_id, first_seen, canonical) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (project_id, raw_id) DO UPDATE SET first_seen = least(i.first_seen, excluded.first_seen)
            """, Id, key, id, Guid.NewGuid(), seenMs is { } ms ? Time(ms) : new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc), ProtectedIds.Contains(id) ? null : key);
        return key;
    }

    private static long _lastKey = 1_000_000_000;

    private void AddChange(NpgsqlBatch batch, Guid entry, int kind, int count, long? minMs, long? maxMs, Guid first, Guid last, long[]? changed)
    {
        N++;
        Add(batch, "INSERT INTO project_seq (project_id, n) VALUES ($1, 1) ON CONFLICT (project_id) DO UPDATE SET n = project_seq.n + 1", Id);
        Add(batch, """
            INSERT INTO outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts, first_id, last_id, changed_ids)
            VALUES ($1, (SELECT n FROM project_seq WHERE project_id = $1), $2, $3, $4, $5, $6, $7, $8, $9)
            """, Id, entry, (short)kind, count, minMs is { } min ? Time(min) : null, maxMs is { } max ? Time(max) : null,
            first == default ? null : first, last == default ? null : last, changed);
    }

    private static void Add(NpgsqlBatch batch, string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        batch.BatchCommands.Add(command);
    }
}

/// <summary>An event of an <see cref="EngineProject"/>.</summary>
public sealed record EngineEvent(
    long Ms, string Name, string? UserId = null, string? AnonymousId = null, string Props = "{}", string? Context = null,
    EventType Type = EventType.Track, long? Seq = null);

/// <summary>Events as text, so that what the engine has can be compared with what eventsdb has.</summary>
public static class EngineRows
{
    public static string Line(
        long ms, string name, Guid? person, EventType type, bool isAnonymous, long? seq, IEnumerable<string> members) =>
        string.Create(CultureInfo.InvariantCulture, $"{ms} {name} {person} {type} {isAnonymous} {seq} {string.Join(' ', members.Order(StringComparer.Ordinal))}");

    public static string Member(string source, string key, QueryService.Engine.PropertyValue value) => $"{source}.{key}={value.Kind}:{value.Text}";
}
