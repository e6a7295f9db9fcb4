using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;
using StackExchange.Redis;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>
/// What intake reads in Redis about keys that end: beside each event stream, a mark with the key's last moment, checked in the
/// very call that adds to the stream, and a message that makes caches forget the key.
/// </summary>
public sealed partial class KeyMarks(IConnectionMultiplexer redis, IOptions<StreamShards> shards, ILogger<KeyMarks> log)
{
    private static readonly RedisChannel KeyChanged = new("nimbus:key-changed", RedisChannel.PatternMode.Literal);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Caches of keys live in memory and are asked for again long before this, so a mark need not stay for ever.
    private static readonly TimeSpan KeptAfterTheEnd = TimeSpan.FromDays(30);

    /// <summary>Marks the key in every shard: from <paramref name="validUntil"/> on, nothing signed with it is taken.</summary>
    /// <exception cref="ProblemException">503 <c>redis_unavailable</c>: the marks are not all set.</exception>
    public async Task SetAsync(string keyId, DateTimeOffset validUntil)
    {
        if (!await TrySetAsync(keyId, validUntil))
            throw new ProblemException(503, "redis_unavailable",
                "The key cannot be ended on every node just now, so nothing was changed. Try again in a moment.");
    }

    /// <summary>As <see cref="SetAsync"/>; false where Redis did not take it.</summary>
    public async Task<bool> TrySetAsync(string keyId, DateTimeOffset validUntil)
    {
        var until = validUntil.ToUnixTimeMilliseconds();
        var forget = until + (long)KeptAfterTheEnd.TotalMilliseconds;
        try
        {
            await EachShardAsync(keyId, (db, key) => db.ExecuteAsync("SET", key, $"{until}", "PXAT", $"{forget}"));
            return true;
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            LogRedisAway(keyId, failure);
            return false;
        }
    }

    /// <summary>Takes the marks back, for a change that did not happen after all; logs where that fails.</summary>
    public async Task WithdrawAsync(string keyId)
    {
        try
        {
            await EachShardAsync(keyId, (db, key) => db.ExecuteAsync("DEL", key));
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            LogNotWithdrawn(keyId, failure);
        }
    }

    /// <summary>Tells every node to forget what it knows of the key. Best effort: the marks hold without it.</summary>
    public async Task AnnounceAsync(string keyId)
    {
        try
        {
            await redis.GetSubscriber().PublishAsync(KeyChanged, keyId).WaitAsync(Patience);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            LogRedisAway(keyId, failure);
        }
    }

    private Task EachShardAsync(string keyId, Func<IDatabase, RedisKey, Task> command) =>
        // The braces are the hash tag of the shard's stream: one script can read both, on a cluster too.
        Task.WhenAll(Enumerable.Range(0, shards.Value.Shards)
            .Select(shard => command(redis.GetDatabase(), $"nimbus:events:{{{shard}}}:key:{keyId}")))
            .WaitAsync(Patience);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis did not take the change of key {KeyId}")]
    private partial void LogRedisAway(string keyId, Exception failure);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Key {KeyId} still works here but may be refused by ingestion, as its mark could not be taken back: where it is, rotate it")]
    private partial void LogNotWithdrawn(string keyId, Exception failure);
}
