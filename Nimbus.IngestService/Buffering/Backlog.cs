using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>How much waits in the stream to be stored, and for how long.</summary>
internal sealed class Backlog(IConnectionMultiplexer redis, IOptions<ShardOptions> shards)
{
    /// <summary>Past this, storing has come to a stop, or is far too slow.</summary>
    public static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Stored entries are deleted, so the first one that is left is the oldest that waits; its id begins with the server's time
    // when it was added. Only the age travels, since an entry may have megabytes.
    private const string AgeScript = """
        local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
        if not first then return 0 end
        local now = redis.call('TIME')
        return math.max(0, now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(string.match(first[1], '^%d+')))
        """;

    /// <summary>The age of the oldest entry of all shards; zero where nothing waits.</summary>
    /// <exception cref="RedisException">Redis is away; or a <see cref="TimeoutException"/>.</exception>
    public async Task<TimeSpan> AgeAsync(CancellationToken ct)
    {
        var oldest = 0L;
        for (var shard = 0; shard < shards.Value.Shards; shard++)
        {
            var age = await redis.GetDatabase().ExecuteAsync("EVAL", AgeScript, 1, new StreamKeys(shard).Stream).WaitAsync(Patience, ct);
            oldest = Math.Max(oldest, (long)age);
        }
        return TimeSpan.FromMilliseconds(oldest);
    }

    /// <summary>How many entries wait in all shards.</summary>
    /// <exception cref="RedisException">Redis is away; or a <see cref="TimeoutException"/>.</exception>
    public async Task<long> CountAsync(CancellationToken ct)
    {
        var count = 0L;
        for (var shard = 0; shard < shards.Value.Shards; shard++)
            count += (long)await redis.GetDatabase().ExecuteAsync("XLEN", new StreamKeys(shard).Stream).WaitAsync(Patience, ct);
        return count;
    }
}
