using System.Buffers.Text;

namespace Nimbus.IngestService;

/// <summary>Where a page ended that is in the order of ids: the last of them, in letters that need no escaping.</summary>
internal static class PageCursor
{
    public static string Of(Guid last) => Base64Url.EncodeToString(last.ToByteArray(bigEndian: true));

    /// <summary>False for anything that <see cref="Of"/> did not make.</summary>
    public static bool TryRead(string cursor, out Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        var isOurs = cursor.Length == Base64Url.GetEncodedLength(16) && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out var length) && length == 16;
        id = isOurs ? new Guid(bytes, bigEndian: true) : Guid.Empty;
        return isOurs;
    }
}
