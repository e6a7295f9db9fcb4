using System.Buffers.Binary;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>What became of an entry.</summary>
internal enum Appended
{
    /// <summary>Redis has it.</summary>
    Added,

    /// <summary>The key that let it in has ended.</summary>
    KeyEnded,

    /// <summary>As many bytes as may wait are waiting.</summary>
    Full,

    /// <summary>Redis does not answer, or refuses. It may have the entry all the same.</summary>
    Away,
}

/// <summary>The way into the stream: one call of Redis per request.</summary>
internal sealed partial class EventStream(
    IConnectionMultiplexer redis, IOptions<IngestOptions> options, IOptions<ShardOptions> shards, ILogger<EventStream> logger)
{
    // One script, so that a key which ends between looking and adding is not let in. Where the stream is empty nothing is
    // pending, whatever the counter says: so it finds its way back should the two ever part.
    private const string AppendScript = """
        local stream, pending_bytes, end_of_key = KEYS[1], KEYS[2], KEYS[3]
        local entry, most = ARGV[1], tonumber(ARGV[2])
        local ends = redis.call('GET', end_of_key)
        if ends then
            local now = redis.call('TIME')
            if tonumber(ends) <= now[1] * 1000 + math.floor(now[2] / 1000) then return 'key_ended' end
        end
        local pending = 0
        if redis.call('XLEN', stream) > 0 then pending = tonumber(redis.call('GET', pending_bytes) or '0') end
        if pending + #entry > most then return 'full' end
        redis.call('XADD', stream, '*', 'entry', entry)
        redis.call('SET', pending_bytes, string.format('%.0f', pending + #entry))
        return 'added'
        """;

    /// <summary>The same for the same request, however often it arrives and at whichever intake: by the last bytes of its id.</summary>
    internal static int ShardOf(Guid entryId, int shards)
    {
        Span<byte> id = stackalloc byte[16];
        entryId.TryWriteBytes(id, bigEndian: true, out _);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(id[12..]) % (uint)shards);
    }

    /// <summary>Adds an entry, and answers once Redis has.</summary>
    /// <param name="entry">Not changed afterwards: after a timeout the client may still be sending it.</param>
    /// <param name="keyId">The key that let it in; null where it is no key's.</param>
    public async Task<Appended> AppendAsync(Guid entryId, byte[] entry, string? keyId, CancellationToken ct)
    {
        var keys = new StreamKeys(ShardOf(entryId, shards.Value.Shards));
        using var span = Telemetry.StartAppending();
        try
        {
            var answer = await redis.GetDatabase().ExecuteAsync(
                    "EVAL", AppendScript, 3, keys.Stream, keys.PendingBytes, keys.EndOfKey(keyId ?? ""), entry, options.Value.MaxPendingBytes)
                .WaitAsync(options.Value.RedisTimeout, ct);
            return (string?)answer switch
            {
                "added" => Appended.Added,
                "key_ended" => Appended.KeyEnded,
                "full" => Appended.Full,
                var other => throw new InvalidOperationException($"The append script answered {other}."),
            };
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            LogAway(away.Message);
            return Appended.Away;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis did not take an entry: {Reason}")]
    private partial void LogAway(string reason);
}
