namespace Nimbus.Events;

/// <summary>
/// What writers tell over Redis after each commit: project and id of each entry they stored, 32 bytes together. A hint that may
/// be lost: whoever must know looks into eventsdb.
/// </summary>
public static class StoredNotices
{
    public const string Channel = "nimbus:events:stored";

    /// <summary>Of one entry.</summary>
    public const int Bytes = 32;

    /// <summary>The projects that a message names, once for each entry.</summary>
    public static IEnumerable<Guid> Projects(byte[] message)
    {
        for (var at = 0; at + Bytes <= message.Length; at += Bytes)
            yield return new Guid(message.AsSpan(at, 16), bigEndian: true);
    }
}
