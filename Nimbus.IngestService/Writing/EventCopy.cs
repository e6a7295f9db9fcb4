using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// Writes rows into <c>events</c> by COPY in PostgreSQL's binary format, which is written here by hand: a value at a time
/// through the driver's importer takes several times as long.
/// </summary>
internal static class EventCopy
{
    /// <summary>The columns of a row, in the order in which they are written.</summary>
    public const string ColumnList =
        "project_id, ts, id, name_code, type, user_key, anon_key, props, context, received_at, seq, idempotency_key";

    public const string CopySql = $"COPY events ({ColumnList}) FROM STDIN (FORMAT BINARY)";

    // The signature, then no flags and no extension.
    private static ReadOnlySpan<byte> Header =>
    [
        (byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0,
        0, 0, 0, 0, 0, 0, 0, 0,
    ];

    private const short Columns = 12;

    // One for each lane that writes at a time: of the size of a transaction, they would be the larger part of what the writer
    // allocates, and go where only a full collection frees them.
    private static readonly ConcurrentBag<ArrayBufferWriter<byte>> Buffers = [];
    private const int MostKept = 16 << 20;

    private const byte JsonbVersion = 1;
    private static readonly long UnixEpochIn2000 = (DateTime.UnixEpoch - new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc)).Ticks / 10;

    public static async Task WriteAsync(StoreTransaction store, IReadOnlyList<EventRow> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
            return;
        var output = Buffers.TryTake(out var kept) ? kept : new ArrayBufferWriter<byte>(1 << 16);
        WriteRows(output, rows);
        await using (var copy = await store.Connection.BeginRawBinaryCopyAsync(CopySql, ct))
            await copy.WriteAsync(output.WrittenMemory, ct);

        // Not where it failed: what still reads it then is not known.
        output.ResetWrittenCount();
        if (output.Capacity <= MostKept)
            Buffers.Add(output);
    }

    /// <summary>Writes the whole stream that COPY takes.</summary>
    public static void WriteRows(ArrayBufferWriter<byte> output, IReadOnlyList<EventRow> rows)
    {
        output.Write(Header);
        foreach (var row in rows)
            WriteRow(output, row);
        // The end: -1 where a count of columns would stand.
        WriteInt16(output, -1);
    }

    private static void WriteRow(ArrayBufferWriter<byte> output, EventRow row)
    {
        var e = row.Event;
        WriteInt16(output, Columns);
        WriteUuid(output, row.ProjectId);
        WriteTime(output, e.Ts);
        WriteUuid(output, row.Id);
        WriteInt32(output, sizeof(int));
        WriteInt32(output, row.NameCode);
        WriteInt32(output, sizeof(short));
        WriteInt16(output, (short)e.Type);
        WriteInt64(output, row.UserKey);
        WriteInt64(output, row.AnonKey);
        WriteJsonb(output, e.Props.IsEmpty ? "{}"u8 : e.Props.Span);
        WriteContext(output, e.Context.Span, row.Entry.Traffic.Span);
        WriteTime(output, row.Entry.ReceivedAt);
        WriteInt64(output, e.Seq);
        WriteText(output, e.IdempotencyKey);
    }

    private static void WriteNull(ArrayBufferWriter<byte> output) => WriteInt32(output, -1);

    private static void WriteInt16(ArrayBufferWriter<byte> output, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(output.GetSpan(sizeof(short)), value);
        output.Advance(sizeof(short));
    }

    private static void WriteInt32(ArrayBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    private static void WriteInt64(ArrayBufferWriter<byte> output, long? value)
    {
        if (value is not { } number)
        {
            WriteNull(output);
            return;
        }
        WriteInt32(output, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), number);
        output.Advance(sizeof(long));
    }

    /// <summary>Microseconds since 2000, from Unix milliseconds.</summary>
    private static void WriteTime(ArrayBufferWriter<byte> output, long unixMilliseconds) =>
        WriteInt64(output, checked(unixMilliseconds * 1000 + UnixEpochIn2000));

    private static void WriteUuid(ArrayBufferWriter<byte> output, Guid value)
    {
        WriteInt32(output, 16);
        value.TryWriteBytes(output.GetSpan(16), bigEndian: true, out _);
        output.Advance(16);
    }

    private static void WriteJsonb(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        WriteInt32(output, json.Length + 1);
        output.GetSpan(1)[0] = JsonbVersion;
        output.Advance(1);
        output.Write(json);
    }

    /// <summary>The context as sent, with where the request came from as its last field.</summary>
    private static void WriteContext(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> context, ReadOnlySpan<byte> traffic)
    {
        if (traffic.IsEmpty)
        {
            if (context.IsEmpty)
                WriteNull(output);
            else
                WriteJsonb(output, context);
            return;
        }
        // Without its closing brace, and a comma only behind a field.
        var before = context.IsEmpty ? "{"u8 : context[..^1].TrimEnd(" \t\r\n"u8);
        var separator = before is [(byte)'{'] ? "\"traffic\":"u8 : ",\"traffic\":"u8;
        WriteInt32(output, 1 + before.Length + separator.Length + traffic.Length + 1);
        output.Write([JsonbVersion]);
        output.Write(before);
        output.Write(separator);
        output.Write(traffic);
        output.Write("}"u8);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string? text)
    {
        if (text is null)
        {
            WriteNull(output);
            return;
        }
        WriteInt32(output, Encoding.UTF8.GetByteCount(text));
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }
}
