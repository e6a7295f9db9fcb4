using System.Text.Json;

namespace Nimbus.Events;

/// <summary>What writers tell over Redis of what they stored in a project that somebody watches. A hint that may be lost.</summary>
/// <param name="Names">How many events of each name were stored.</param>
/// <param name="People">The keys of the ids they have, each with the latest time of its events.</param>
/// <param name="Events">Some of the events.</param>
public sealed record LiveNotice(
    Guid ProjectId, IReadOnlyDictionary<string, int> Names, IReadOnlyList<LivePerson> People, IReadOnlyList<LiveEvent> Events)
{
    /// <summary>The channel of notices.</summary>
    public const string Channel = "nimbus:live:stored";

    /// <summary>The channel on which those who have viewers say of which projects: their ids, 16 bytes each.</summary>
    public const string WatchedChannel = "nimbus:live:watched";

    /// <summary>How long a project counts as watched after it was said to be.</summary>
    public static readonly TimeSpan WatchedFor = TimeSpan.FromSeconds(15);

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <exception cref="JsonException">It is none.</exception>
    public static LiveNotice? Decode(byte[] message) => JsonSerializer.Deserialize<LiveNotice>(message);

    /// <summary>The message that these projects are watched.</summary>
    public static byte[] EncodeWatched(IReadOnlyCollection<Guid> projects)
    {
        var message = new byte[projects.Count * 16];
        var at = 0;
        foreach (var project in projects)
        {
            project.TryWriteBytes(message.AsSpan(at), bigEndian: true, out _);
            at += 16;
        }
        return message;
    }

    public static IEnumerable<Guid> DecodeWatched(byte[] message)
    {
        for (var at = 0; at + 16 <= message.Length; at += 16)
            yield return new Guid(message.AsSpan(at, 16), bigEndian: true);
    }
}

/// <param name="Key">In ids.</param>
/// <param name="LatestMs">Unix milliseconds.</param>
public readonly record struct LivePerson(long Key, long LatestMs);

/// <summary>An event as viewers see it.</summary>
/// <param name="TimeMs">Unix milliseconds.</param>
/// <param name="Props">A JSON object; null where it is too large to be shown.</param>
public sealed record LiveEvent(Guid Id, string Name, long TimeMs, string? UserId, string? AnonymousId, string? Props);
