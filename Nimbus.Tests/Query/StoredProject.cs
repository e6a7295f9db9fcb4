using Nimbus.Events;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.Tests.Query;

/// <summary>A project of the test's own with its events, and which ids are one person.</summary>
/// <param name="Events">In the order in which they arrive. Those of one entry are stored together.</param>
/// <param name="SamePerson">Raw id → raw id that stands for the person; ids that are missing stand for themselves.</param>
public sealed record StoredProject(
    Guid Id, IReadOnlyList<StoredEvent> Events, IReadOnlyDictionary<string, string> SamePerson)
{
    private const string NamesSql = """
        INSERT INTO event_names (project_id, code, name)
        SELECT @project, code, name FROM unnest(@codes, @names) AS n(code, name) ON CONFLICT DO NOTHING
        """;

    private const string IdsSql = """
        INSERT INTO ids AS i (project_id, key, raw_id, person_id, first_seen, canonical)
        SELECT @project, * FROM unnest(@keys, @raw_ids, @person_ids, @first_seen, @canonical)
        ON CONFLICT (project_id, raw_id) DO UPDATE SET first_seen = least(i.first_seen, excluded.first_seen)
        """;

    private const string EventsSql = """
        INSERT INTO events (project_id, ts, id, name_code, type, user_key, anon_key, props, context, received_at, seq)
        SELECT @project, ts, id, name_code, type, user_key, anon_key, props::jsonb, context::jsonb, now(), seq
        FROM unnest(@ts, @ids, @name_codes, @types, @user_keys, @anon_keys, @props, @context, @seqs)
             AS e(ts, id, name_code, type, user_key, anon_key, props, context, seq)
        """;

    private const string MergesSql = """
        INSERT INTO id_edges (project_id, edge_id, a, b, kind, ts)
        SELECT @project, gen_random_uuid(), a, b, 1, now() FROM unnest(@a, @b) AS m(a, b)
        """;

    private const string CanonicalSql = """
        UPDATE ids SET canonical = c.canonical
        FROM unnest(@changed, @canonical) AS c(key, canonical) WHERE ids.project_id = @project AND ids.key = c.key
        """;

    private const string OutboxSql = """
        WITH numbered AS (
            INSERT INTO project_seq AS s (project_id, n) VALUES (@project, 1)
            ON CONFLICT (project_id) DO UPDATE SET n = s.n + 1 RETURNING n)
        INSERT INTO outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts, first_id, last_id, changed_ids)
        SELECT @project, n, @entry, @kind, @count, @min_ts, @max_ts, @first_id, @last_id, @changed FROM numbered RETURNING n
        """;

    // An id that no event has was never seen.
    private static readonly DateTime NotSeen = new DateTime(9999, 12, 31, 23, 59, 59, DateTimeKind.Utc);

    /// <summary>Whose the event is: the raw id that stands for the person, or null for nobody's.</summary>
    public string? Person(StoredEvent e) =>
        (e.UserId ?? e.AnonymousId) is { } id && !ProtectedIds.Contains(id) ? SamePerson.GetValueOrDefault(id, id) : null;

    /// <summary>The public id of each person, known after <see cref="StoreAsync"/>.</summary>
    public Dictionary<string, Guid> PersonIds { get; } = [];

    /// <summary>The project's sequence number after <see cref="StoreAsync"/>.</summary>
    public long LastChange { get; private set; }

    /// <summary>
    /// Writes what the writer of the ingest service would have written: a transaction for each entry, then one that joins the
    /// ids of a person.
    /// </summary>
    public async Task StoreAsync(NpgsqlDataSource database)
    {
        var rawIds = Events.SelectMany(e => new[] { e.UserId, e.AnonymousId })
            .Concat(SamePerson.Keys).Concat(SamePerson.Values).OfType<string>().Distinct().ToList();
        var names = Events.Select(e => e.Name).Distinct().ToList();
        var publicIds = rawIds.ToDictionary(raw => raw, _ => Guid.CreateVersion7());
        foreach (var entry in Events.GroupBy(e => EntryOf(e.Id))) await StoreEntryAsync(entry.Key, [.. entry]);
        await JoinAsync();

        // A person's public id is that of the smallest key.
        foreach (var person in rawIds.GroupBy(raw => SamePerson.GetValueOrDefault(raw, raw)))
            PersonIds[person.Key] = publicIds[person.MinBy(Key)!];

        async Task StoreEntryAsync(Guid entry, StoredEvent[] events)
        {
            var seen = events.SelectMany(e => new[] { (Raw: e.UserId, e.Ts), (Raw: e.AnonymousId, e.Ts) })
                .Where(id => id.Raw is not null).GroupBy(id => id.Raw!, id => id.Ts).ToDictionary(id => id.Key, id => id.Min());
            await using var batch = database.CreateBatch();
            Add(batch, NamesSql,
                ("codes", names.Select((_, i) => i + 1).ToArray()), ("names", names.ToArray()));
            AddIds(batch, seen);
            Add(batch, EventsSql,
                ("ts", events.Select(e => e.Ts).ToArray()), ("ids", events.Select(e => e.Id).ToArray()),
                ("name_codes", events.Select(e => names.IndexOf(e.Name) + 1).ToArray()), ("types", events.Select(e => (short)e.Type).ToArray()),
                ("user_keys", events.Select(e => Key(e.UserId)).ToArray()), ("anon_keys", events.Select(e => Key(e.AnonymousId)).ToArray()),
                ("props", events.Select(e => e.PropsText).ToArray()), ("context", Texts(events.Select(e => e.ContextText))),
                ("seqs", events.Select(e => e.Seq).ToArray()));
            var ordered = events.Select(e => e.Id).OrderBy(id => id.ToString(), StringComparer.Ordinal).ToList();
            AddOutbox(batch, entry, kind: 1, events, ordered[0], ordered[^1], changed: null);
            LastChange = (long)(await batch.ExecuteScalarAsync())!;
        }

        async Task JoinAsync()
        {
            var joined = SamePerson.Where(pair => pair.Key != pair.Value).ToList();
            if (joined.Count == 0) return;
            await using var batch = database.CreateBatch();
            AddIds(batch, joined.SelectMany(pair => new[] { pair.Key, pair.Value }).Distinct().ToDictionary(raw => raw, _ => NotSeen));
            Add(batch, MergesSql,
                ("a", joined.Select(pair => Key(pair.Key)!.Value).ToArray()), ("b", joined.Select(pair => Key(pair.Value)!.Value).ToArray()));
            var canonical = rawIds.GroupBy(raw => SamePerson.GetValueOrDefault(raw, raw))
                .SelectMany(person => person.Select(raw => (Key: Key(raw)!.Value, Canonical: person.Min(Key)!.Value)))
                .Where(id => id.Key != id.Canonical).ToList();
            Add(batch, CanonicalSql,
                ("changed", canonical.Select(id => id.Key).ToArray()), ("canonical", canonical.Select(id => id.Canonical).ToArray()));
            AddOutbox(batch, Guid.CreateVersion7(), kind: 2, [], null, null, canonical.Select(id => id.Key).ToArray());
            LastChange = (long)(await batch.ExecuteScalarAsync())!;
        }

        void AddIds(NpgsqlBatch batch, Dictionary<string, DateTime> seen) => Add(batch, IdsSql,
            ("keys", seen.Keys.Select(raw => Key(raw)!.Value).ToArray()), ("raw_ids", seen.Keys.ToArray()),
            ("person_ids", seen.Keys.Select(raw => publicIds[raw]).ToArray()), ("first_seen", seen.Values.ToArray()),
            ("canonical", seen.Keys.Select(raw => ProtectedIds.Contains(raw) ? null : Key(raw)).ToArray()));

        long? Key(string? raw) => raw is null ? null : 1000 + rawIds.IndexOf(raw);
    }

    private static Guid EntryOf(Guid eventId)
    {
        Span<byte> id = stackalloc byte[16];
        eventId.TryWriteBytes(id, bigEndian: true, out _);
        id[..8].Clear();
        return new Guid(id, bigEndian: true);
    }

    private void AddOutbox(NpgsqlBatch batch, Guid entry, short kind, StoredEvent[] events, Guid? first, Guid? last, long[]? changed)
    {
        Add(batch, OutboxSql, ("entry", entry), ("kind", kind), ("count", events.Length));
        var parameters = batch.BatchCommands[^1].Parameters;
        parameters.Add(Typed("min_ts", NpgsqlDbType.TimestampTz, events.Length == 0 ? null : events.Min(e => e.Ts)));
        parameters.Add(Typed("max_ts", NpgsqlDbType.TimestampTz, events.Length == 0 ? null : events.Max(e => e.Ts)));
        parameters.Add(Typed("first_id", NpgsqlDbType.Uuid, first));
        parameters.Add(Typed("last_id", NpgsqlDbType.Uuid, last));
        parameters.Add(Typed("changed", NpgsqlDbType.Array | NpgsqlDbType.Bigint, changed));
    }

    private static NpgsqlParameter Typed(string name, NpgsqlDbType type, object? value) =>
        new(name, type) { Value = value ?? DBNull.Value };

    private static NpgsqlParameter Texts(IEnumerable<string?> texts) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = texts.ToArray() };

    private void Add(NpgsqlBatch batch, string sql, params (string Name, object Value)[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddWithValue("project", Id);
        foreach (var (name, value) in values)
        {
            if (value is NpgsqlParameter parameter)
            {
                parameter.ParameterName = name;
                command.Parameters.Add(parameter);
            }
            else
            {
                command.Parameters.AddWithValue(name, value);
            }
        }
        batch.BatchCommands.Add(command);
    }
}
