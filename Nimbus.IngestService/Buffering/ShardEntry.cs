using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>An entry as the stream holds it.</summary>
/// <param name="Id">Its place in the stream; no identity, since it begins anew when Redis does.</param>
/// <param name="Bytes">Null where only the place is left: the entry was deleted while it was pending.</param>
internal sealed record ShardEntry(string Id, byte[]? Bytes)
{
    /// <summary>Reads a list of entries from an answer of XREADGROUP, XCLAIM or XAUTOCLAIM.</summary>
    public static List<ShardEntry> ListFrom(RedisResult answer) => answer.IsNull
        ? []
        : [.. ((RedisResult[])answer!).Where(entry => !entry.IsNull).Select(From)];

    private static ShardEntry From(RedisResult entry)
    {
        var idAndFields = (RedisResult[])entry!;
        var fields = idAndFields[1].IsNull ? null : (RedisResult[]?)idAndFields[1];
        return new ShardEntry((string)idAndFields[0]!, fields is { Length: >= 2 } ? (byte[]?)fields[1] : null);
    }
}
