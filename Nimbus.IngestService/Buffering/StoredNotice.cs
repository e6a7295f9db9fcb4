using Nimbus.Events;
using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>What writers tell intake over Redis after each commit: which entries it stored. A hint that may be lost.</summary>
internal static class StoredNotice
{
    private const int Size = StoredNotices.Bytes;

    public static RedisChannel Channel { get; } = new(StoredNotices.Channel, RedisChannel.PatternMode.Literal);

    /// <summary>Project and id of each entry, 32 bytes together.</summary>
    public static byte[] Encode(IReadOnlyList<Entry> entries)
    {
        var message = new byte[entries.Count * Size];
        for (var i = 0; i < entries.Count; i++)
        {
            entries[i].ProjectId.TryWriteBytes(message.AsSpan(i * Size), bigEndian: true, out _);
            entries[i].EntryId.TryWriteBytes(message.AsSpan(i * Size + 16), bigEndian: true, out _);
        }
        return message;
    }

    public static IEnumerable<(Guid Project, Guid Entry)> Decode(byte[] message)
    {
        for (var at = 0; at + Size <= message.Length; at += Size)
            yield return (new Guid(message.AsSpan(at, 16), bigEndian: true), new Guid(message.AsSpan(at + 16, 16), bigEndian: true));
    }
}
