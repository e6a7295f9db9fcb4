using System.Buffers.Binary;
using System.Text.Json;
using Nimbus.Events;

namespace Nimbus.Tests.Query;

/// <summary>An event as the tests put it into eventsdb and as the naive twins read it.</summary>
/// <param name="Id">Its last 62 bits are those of the entry that it came in.</param>
/// <param name="Props">A JSON object, by key; the values are JSON texts.</param>
public sealed record StoredEvent(
    DateTime Ts, Guid Id, string Name, string? UserId, string? AnonymousId, IReadOnlyDictionary<string, string> Props)
{
    public IReadOnlyDictionary<string, string>? Context { get; init; }

    public EventType Type { get; init; }

    public long? Seq { get; init; }

    public string PropsText => Text(Props);

    public string? ContextText => Context is null ? null : Text(Context);

    /// <summary>The id of the event at a place of an entry.</summary>
    public static Guid IdOf(Guid entry, DateTime receivedAt, int index)
    {
        Span<byte> id = stackalloc byte[16];
        entry.TryWriteBytes(id, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(id, new DateTimeOffset(receivedAt).ToUnixTimeMilliseconds() << 16 | 0x7000L | (ushort)index);
        id[8] = (byte)(id[8] & 0x3F | 0x80);
        return new Guid(id, bigEndian: true);
    }

    private static string Text(IReadOnlyDictionary<string, string> json) =>
        "{" + string.Join(",", json.Select(p => $"{JsonSerializer.Serialize(p.Key)}:{p.Value}")) + "}";
}
