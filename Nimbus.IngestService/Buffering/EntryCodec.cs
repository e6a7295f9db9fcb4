using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Nimbus.Events;

namespace Nimbus.IngestService.Buffering;

/// <summary>
/// The bytes of an entry in the stream. Numbers are LEB128 unless a width is named, texts are their length and UTF-8:
/// <code>
/// version:1  entry_id:16  project_id:16  received_at:8  traceparent:text  count
/// count × ( index  type:1  present:1  ts:8  original:text  name:text  user_id?  anonymous_id?  key?  seq?:8
///           props?:(offset length)  context?:(offset length)          offsets are into original
///           other_id?:text  update?:(offset length) )
/// refused_count  refused_count × ( index  reason:text  original:text )
/// replays:16                                                                only in versions 3 and 4; zero for none
/// traffic:text                                                              only in version 4
/// </code>
/// Version 1 ended with its events and knew neither other_id nor update. Versions 3 and 4 are written only where there is
/// something to replay, or where it is kept where a request came from, so that writers of the build before them read all else.
/// Whoever changes this writes another version and goes on reading the old ones: entries outlive an upgrade.
/// </summary>
internal static class EntryCodec
{
    private const byte Version = 2;
    private const byte WithoutRefused = 1;
    private const byte WithReplay = 3;
    private const byte WithTraffic = 4;

    // What one thread keeps for its next entry: several batches of a usual size, but not the largest there can be.
    private const int MostKept = 2 << 20;

    [ThreadStatic] private static ArrayBufferWriter<byte>? t_output;

    [Flags]
    private enum Present : byte
    {
        UserId = 1,
        AnonymousId = 2,
        Key = 4,
        Seq = 8,
        Props = 16,
        Context = 32,
        OtherId = 64,
        Update = 128,
    }

    /// <summary>The entry as bytes, in an array of their length.</summary>
    public static byte[] Encode(Entry entry)
    {
        var output = t_output ??= new ArrayBufferWriter<byte>(1 << 10);
        output.ResetWrittenCount();
        WriteByte(output, !entry.Traffic.IsEmpty ? WithTraffic : entry.Replays is null ? Version : WithReplay);
        WriteGuid(output, entry.EntryId);
        WriteGuid(output, entry.ProjectId);
        WriteInt64(output, entry.ReceivedAt);
        WriteText(output, entry.TraceParent);
        WriteNumber(output, entry.Events.Count);
        foreach (var e in entry.Events)
            WriteEvent(output, e);
        WriteNumber(output, entry.Refused.Count);
        foreach (var refused in entry.Refused)
        {
            WriteNumber(output, refused.Index);
            WriteText(output, refused.Reason);
            WriteNumber(output, refused.Original.Length);
            output.Write(refused.Original.Span);
        }
        if (entry.Replays is not null || !entry.Traffic.IsEmpty)
            WriteGuid(output, entry.Replays ?? Guid.Empty);
        if (!entry.Traffic.IsEmpty)
        {
            WriteNumber(output, entry.Traffic.Length);
            output.Write(entry.Traffic.Span);
        }
        var bytes = output.WrittenSpan.ToArray();
        if (output.Capacity > MostKept)
            t_output = null;
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote. The events' JSON stays in <paramref name="bytes"/>.</summary>
    /// <exception cref="InvalidDataException">Another version, cut short, or not an entry at all.</exception>
    public static Entry Decode(ReadOnlyMemory<byte> bytes)
    {
        var input = new Input(bytes);
        var version = input.Byte();
        if (version is not (WithoutRefused or Version or WithReplay or WithTraffic))
            throw new InvalidDataException($"Entry of version {version}; this build reads up to version {WithTraffic}.");
        var entryId = input.Guid();
        var projectId = input.Guid();
        var receivedAt = input.Int64();
        var traceParent = input.Text();
        // An event takes more than 20 bytes, which bounds what a broken count can make us allocate.
        var count = input.Number(atMost: input.Left / 20);
        var events = new EntryEvent[count];
        for (var i = 0; i < count; i++)
            events[i] = ReadEvent(ref input);
        var refused = version == WithoutRefused ? [] : ReadRefused(ref input);
        var replays = version is WithReplay or WithTraffic ? input.Guid() : Guid.Empty;
        var traffic = version == WithTraffic ? input.Bytes() : default;
        if (input.Left > 0)
            throw new InvalidDataException($"{input.Left} bytes follow the entry's end.");
        return new Entry(entryId, projectId, receivedAt, traceParent, events)
        {
            Refused = refused,
            Replays = replays == Guid.Empty ? null : replays,
            Traffic = traffic,
        };
    }

    /// <summary>The project of an entry, without reading the rest of it; none where there is no entry.</summary>
    public static Guid ProjectOf(byte[]? bytes) => bytes is { Length: >= 33 } ? new Guid(bytes.AsSpan(17, 16), bigEndian: true) : Guid.Empty;

    private static void WriteEvent(ArrayBufferWriter<byte> output, EntryEvent e)
    {
        WriteNumber(output, e.Index);
        WriteByte(output, (byte)e.Type);
        WriteByte(output, (byte)PresentIn(e));
        WriteInt64(output, e.Ts);
        WriteNumber(output, e.Original.Length);
        output.Write(e.Original.Span);
        WriteText(output, e.Name);
        if (e.UserId is not null) WriteText(output, e.UserId);
        if (e.AnonymousId is not null) WriteText(output, e.AnonymousId);
        if (e.IdempotencyKey is not null) WriteText(output, e.IdempotencyKey);
        if (e.Seq is { } seq) WriteInt64(output, seq);
        if (!e.Props.IsEmpty) WritePart(output, e.Original, e.Props);
        if (!e.Context.IsEmpty) WritePart(output, e.Original, e.Context);
        if (e.OtherId is not null) WriteText(output, e.OtherId);
        if (!e.Update.IsEmpty) WritePart(output, e.Original, e.Update);
    }

    private static EntryEvent ReadEvent(ref Input input)
    {
        var index = input.Number(atMost: int.MaxValue);
        var type = (EventType)input.Byte();
        var present = (Present)input.Byte();
        var e = new EntryEvent { Index = index, Type = type, Ts = input.Int64(), Original = input.Bytes(), Name = input.Text() };
        if (Has(Present.UserId)) e.UserId = input.Text();
        if (Has(Present.AnonymousId)) e.AnonymousId = input.Text();
        if (Has(Present.Key)) e.IdempotencyKey = input.Text();
        if (Has(Present.Seq)) e.Seq = input.Int64();
        if (Has(Present.Props)) e.Props = input.PartOf(e.Original);
        if (Has(Present.Context)) e.Context = input.PartOf(e.Original);
        if (Has(Present.OtherId)) e.OtherId = input.Text();
        if (Has(Present.Update)) e.Update = input.PartOf(e.Original);
        return e;

        bool Has(Present part) => (present & part) != 0;
    }

    private static RefusedEvent[] ReadRefused(ref Input input)
    {
        var refused = new RefusedEvent[input.Number(atMost: input.Left / 3)];
        for (var i = 0; i < refused.Length; i++)
            refused[i] = new RefusedEvent(input.Number(atMost: int.MaxValue), input.Text(), input.Bytes());
        return refused;
    }

    private static Present PresentIn(EntryEvent e) =>
        (e.UserId is null ? 0 : Present.UserId)
        | (e.AnonymousId is null ? 0 : Present.AnonymousId)
        | (e.IdempotencyKey is null ? 0 : Present.Key)
        | (e.Seq is null ? 0 : Present.Seq)
        | (e.Props.IsEmpty ? 0 : Present.Props)
        | (e.Context.IsEmpty ? 0 : Present.Context)
        | (e.OtherId is null ? 0 : Present.OtherId)
        | (e.Update.IsEmpty ? 0 : Present.Update);

    private static void WritePart(ArrayBufferWriter<byte> output, ReadOnlyMemory<byte> whole, ReadOnlyMemory<byte> part)
    {
        if (!MemoryMarshal.TryGetArray(whole, out var outer) || !MemoryMarshal.TryGetArray(part, out var inner)
            || outer.Array != inner.Array)
            throw new ArgumentException("Props, context and update must be parts of the original.", nameof(part));
        WriteNumber(output, inner.Offset - outer.Offset);
        WriteNumber(output, inner.Count);
    }

    private static void WriteByte(ArrayBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static void WriteGuid(ArrayBufferWriter<byte> output, Guid value)
    {
        value.TryWriteBytes(output.GetSpan(16), bigEndian: true, out _);
        output.Advance(16);
    }

    private static void WriteInt64(ArrayBufferWriter<byte> output, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), value);
        output.Advance(8);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> output, int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var span = output.GetSpan(5);
        var length = 0;
        for (var rest = (uint)value; ; rest >>= 7)
        {
            span[length++] = (byte)(rest < 0x80 ? rest : (rest & 0x7F) | 0x80);
            if (rest < 0x80)
                break;
        }
        output.Advance(length);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        WriteNumber(output, Encoding.UTF8.GetByteCount(text));
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    /// <summary>Reads from the front, and never past the end.</summary>
    private struct Input(ReadOnlyMemory<byte> bytes)
    {
        private ReadOnlyMemory<byte> _rest = bytes;

        public readonly int Left => _rest.Length;

        public byte Byte() => Take(1).Span[0];

        public Guid Guid() => new(Take(16).Span, bigEndian: true);

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8).Span);

        public ReadOnlyMemory<byte> Bytes() => Take(Number(atMost: Left));

        public string Text() => Encoding.UTF8.GetString(Bytes().Span);

        public ReadOnlyMemory<byte> PartOf(ReadOnlyMemory<byte> whole)
        {
            var offset = Number(atMost: whole.Length);
            return whole.Slice(offset, Number(atMost: whole.Length - offset));
        }

        public int Number(int atMost)
        {
            var value = 0UL;
            for (var shift = 0; shift < 35; shift += 7)
            {
                var next = Byte();
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                    return value <= (ulong)atMost ? (int)value : throw new InvalidDataException("A length is past the end.");
            }
            throw new InvalidDataException("A number has too many bytes.");
        }

        private ReadOnlyMemory<byte> Take(int length)
        {
            if (length > _rest.Length)
                throw new InvalidDataException("The entry is cut short.");
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
