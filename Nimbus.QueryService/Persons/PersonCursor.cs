using System.Buffers.Binary;
using System.Buffers.Text;

namespace Nimbus.QueryService.Persons;

/// <summary>The last person of a page.</summary>
public sealed record PersonCursor(long Key)
{
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Key);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Null for anything that <see cref="ToString"/> did not make.</summary>
    public static PersonCursor? Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        return text.Length == Base64Url.GetEncodedLength(sizeof(long)) && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var length) && length == sizeof(long)
            ? new(BinaryPrimitives.ReadInt64BigEndian(bytes)) : null;
    }
}
