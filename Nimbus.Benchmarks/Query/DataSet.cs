using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Nimbus.Benchmarks.Query;

/// <summary>
/// A made-up project, the same each time: events in order of time over 90 days, of 12 names and heavy-tailed people, with
/// properties of 4, 8, 16, 50, 250, 5,000 and 100,000 values and a price.
/// </summary>
/// <param name="WholeMinutes">Times have no seconds, so that long runs of events are equal.</param>
internal sealed record DataSet(long Events, int People, bool WholeMinutes = false)
{
    public const int Days = 90;
    public const int MaxEntryEvents = 1000;

    public static readonly DateTime From = new(2026, 7, 1, 0, 0, 0, DateTimeKind.Utc);
    public static readonly DateTime To = From.AddDays(Days);

    /// <summary>By how often they happen, each a little rarer than the one before.</summary>
    public static readonly string[] Names =
        ["view", "click", "search", "open", "add", "checkout", "buy", "share", "rate", "invite", "refund", "close"];

    private const string CopySql = """
        COPY events (project_id, ts, id, name_code, user_key, props, received_at) FROM STDIN (FORMAT BINARY)
        """;

    private static readonly long DatabaseEpoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    public static readonly long FromMs = new DateTimeOffset(From).ToUnixTimeMilliseconds();

    /// <summary>Stores it as the writer would have: the events in entries, the ids, the names, a row of the outbox for each entry.</summary>
    public async Task StoreAsync(NpgsqlDataSource database, Guid project, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, "SET synchronous_commit = off", ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var names = new NpgsqlCommand(
            "INSERT INTO event_names (project_id, code, name) SELECT @project, row_number() OVER (), name FROM unnest(@names) name", connection))
        {
            names.Parameters.AddWithValue("project", project);
            names.Parameters.AddWithValue("names", Names);
            await names.ExecuteNonQueryAsync(ct);
        }
        var firstSeen = new long[People];
        var entries = await CopyEventsAsync(connection, project, firstSeen, ct);
        await using (var ids = await connection.BeginBinaryImportAsync(
            "COPY ids (project_id, key, raw_id, person_id, first_seen, canonical) FROM STDIN (FORMAT BINARY)", ct))
        {
            ids.Timeout = TimeSpan.FromMinutes(10);
            for (var person = 0; person < People; person++)
            {
                if (firstSeen[person] == 0) continue;
                await ids.StartRowAsync(ct);
                await ids.WriteAsync(project, ct);
                await ids.WriteAsync(person + 1L, ct);
                await ids.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"user-{person}"), ct);
                await ids.WriteAsync(Guid.CreateVersion7(), ct);
                await ids.WriteAsync(DateTime.UnixEpoch.AddMilliseconds(firstSeen[person]), ct);
                await ids.WriteAsync(person + 1L, ct);
            }
            await ids.CompleteAsync(ct);
        }
        await using (var outbox = await connection.BeginBinaryImportAsync(
            "COPY outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts, first_id, last_id) FROM STDIN (FORMAT BINARY)", ct))
        {
            for (var n = 0; n < entries.Count; n++)
            {
                await outbox.StartRowAsync(ct);
                await outbox.WriteAsync(project, ct);
                await outbox.WriteAsync(n + 1L, ct);
                await outbox.WriteAsync(IdOf(n, 0), ct);
                await outbox.WriteAsync((short)1, ct);
                await outbox.WriteAsync(entries[n].Events, ct);
                await outbox.WriteAsync(DateTime.UnixEpoch.AddMilliseconds(entries[n].FirstMs), ct);
                await outbox.WriteAsync(DateTime.UnixEpoch.AddMilliseconds(entries[n].LastMs), ct);
                await outbox.WriteAsync(IdOf(n, 0), ct);
                await outbox.WriteAsync(IdOf(n, entries[n].Events - 1), ct);
            }
            await outbox.CompleteAsync(ct);
        }
        await using (var sequence = new NpgsqlCommand("INSERT INTO project_seq (project_id, n) VALUES ($1, $2)", connection))
        {
            sequence.Parameters.AddWithValue(project);
            sequence.Parameters.AddWithValue((long)entries.Count);
            await sequence.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        await ExecuteAsync(connection, "VACUUM (ANALYZE) events; VACUUM (ANALYZE) ids; ANALYZE event_names", ct);
    }

    /// <summary>Joins one id in five with the one before it, as the writer would have.</summary>
    public static async Task MergeAsync(NpgsqlDataSource database, Guid project, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand("""
            BEGIN;
            INSERT INTO id_edges (project_id, edge_id, a, b, kind, ts)
            SELECT @project, gen_random_uuid(), key - 1, key, 1, now() FROM ids i WHERE project_id = @project AND key % 5 = 0
              AND EXISTS (SELECT FROM ids WHERE project_id = @project AND key = i.key - 1);
            WITH moved AS (
                UPDATE ids SET canonical = e.a FROM id_edges e
                WHERE e.project_id = @project AND ids.project_id = @project AND ids.key = e.b RETURNING ids.key),
            numbered AS (UPDATE project_seq SET n = n + 1 WHERE project_id = @project RETURNING n)
            INSERT INTO outbox (project_id, n, entry_id, kind, event_count, changed_ids)
            SELECT @project, n, gen_random_uuid(), 2, 0, (SELECT array_agg(key) FROM moved) FROM numbered;
            COMMIT;
            """, connection) { CommandTimeout = 600 };
        command.Parameters.AddWithValue("project", project);
        await command.ExecuteNonQueryAsync(ct);
        await ExecuteAsync(connection, "VACUUM (ANALYZE) ids", ct);
    }

    /// <summary>Makes room: what was built of them is the query service's own.</summary>
    public static async Task ForgetAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, "TRUNCATE events", ct);
    }

    private async Task<List<Entry>> CopyEventsAsync(NpgsqlConnection connection, Guid project, long[] firstSeen, CancellationToken ct)
    {
        await using var copy = await connection.BeginRawBinaryCopyAsync(CopySql, ct);
        var output = new ArrayBufferWriter<byte>(1 << 21);
        // The signature, then no flags and no extension.
        output.Write("PGCOPY"u8);
        output.Write((ReadOnlySpan<byte>)[(byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var made = new MadeEvents(this);
        var entries = new List<Entry>();
        while (made.Next())
        {
            var (i, ms) = (made.Index, made.TimeMs);
            if (firstSeen[made.Person] == 0) firstSeen[made.Person] = ms;
            if (i % MaxEntryEvents == 0) entries.Add(new(ms, ms, 0));
            entries[^1] = entries[^1] with { LastMs = Math.Max(ms, entries[^1].LastMs), Events = (int)(i % MaxEntryEvents) + 1 };
            WriteRow(output, project, i, ms, made.Name, made.Person, made.Props);
            if (output.WrittenCount < 1 << 20) continue;
            await copy.WriteAsync(output.WrittenMemory, ct);
            output.ResetWrittenCount();
        }
        BinaryPrimitives.WriteInt16BigEndian(output.GetSpan(2), -1);
        output.Advance(2);
        await copy.WriteAsync(output.WrittenMemory, ct);
        return entries;
    }

    private static void WriteRow(ArrayBufferWriter<byte> output, Guid project, long i, long ms, int name, int person, ReadOnlySpan<byte> props)
    {
        var row = output.GetSpan(160 + props.Length);
        BinaryPrimitives.WriteInt16BigEndian(row, 7);
        var at = 2;
        Field(row, 16);
        project.TryWriteBytes(row[at..], bigEndian: true, out _);
        at += 16;
        Long(row, (DateTime.UnixEpoch.Ticks - DatabaseEpoch) / 10 + (ms * 1000));
        Field(row, 16);
        WriteId(row[at..], i / MaxEntryEvents, (int)(i % MaxEntryEvents));
        at += 16;
        Field(row, 4);
        BinaryPrimitives.WriteInt32BigEndian(row[at..], name + 1);
        at += 4;
        Long(row, person + 1);
        Field(row, props.Length + 1);
        row[at++] = 1;
        props.CopyTo(row[at..]);
        at += props.Length;
        Long(row, (DateTime.UnixEpoch.Ticks - DatabaseEpoch) / 10 + (ms * 1000));
        output.Advance(at);

        void Field(Span<byte> to, int length)
        {
            BinaryPrimitives.WriteInt32BigEndian(to[at..], length);
            at += 4;
        }

        void Long(Span<byte> to, long value)
        {
            Field(to, 8);
            BinaryPrimitives.WriteInt64BigEndian(to[at..], value);
            at += 8;
        }
    }

    // As the ingest service makes them: when it was received, its place in the entry, the entry.
    private static void WriteId(Span<byte> id, long entry, int index)
    {
        BinaryPrimitives.WriteInt64BigEndian(id, (FromMs + entry) << 16 | 0x7000L | (ushort)index);
        BinaryPrimitives.WriteInt64BigEndian(id[8..], long.MinValue | entry);
    }

    private static Guid IdOf(long entry, int index)
    {
        Span<byte> id = stackalloc byte[16];
        WriteId(id, entry, index);
        return new Guid(id, bigEndian: true);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 1800 };
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private readonly record struct Entry(long FirstMs, long LastMs, int Events);
}
