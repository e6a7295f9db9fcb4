using System.Buffers.Binary;
using System.Buffers.Text;

namespace Nimbus.QueryService.Events;

/// <summary>The last event of a page: the next one holds what lies beyond it, whatever came between.</summary>
/// <param name="Ts">UTC, whole milliseconds.</param>
public sealed record EventCursor(DateTime Ts, Guid Id)
{
    private const int Bytes = sizeof(long) + 16;

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, new DateTimeOffset(Ts).ToUnixTimeMilliseconds());
        Id.TryWriteBytes(bytes[sizeof(long)..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Null for anything that <see cref="ToString"/> did not make.</summary>
    public static EventCursor? Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length != Base64Url.GetEncodedLength(Bytes) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != Bytes)
            return null;
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (milliseconds < DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            return null;
        var ts = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;
        return new(ts, new Guid(bytes[sizeof(long)..], bigEndian: true));
    }
}
