using System.Globalization;
using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>The names in Redis of one shard of the stream; the braces keep them in one slot of a cluster.</summary>
internal readonly record struct StreamKeys(int Shard)
{
    /// <summary>The consumer group of the writers.</summary>
    public const string Group = "writers";

    /// <summary>The one field of an entry.</summary>
    public const string Field = "entry";

    /// <summary>The stream.</summary>
    public RedisKey Stream => Prefix;

    /// <summary>How many bytes of entries are in the stream.</summary>
    public RedisKey PendingBytes => Prefix + ":pending-bytes";

    private string Prefix => string.Create(CultureInfo.InvariantCulture, $"nimbus:events:{{{Shard}}}");

    /// <summary>Where identity writes when a key ends, in Unix milliseconds.</summary>
    public RedisKey EndOfKey(string keyId) => $"{Prefix}:key:{keyId}";
}
