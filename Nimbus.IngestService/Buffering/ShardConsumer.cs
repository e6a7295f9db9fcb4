using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>
/// One reader of the group of writers, on a connection of its own: a read that waits holds up every other call behind it.
/// </summary>
internal sealed class ShardConsumer(ConnectionMultiplexer reading, IConnectionMultiplexer redis, StreamKeys keys, ConsumerName name)
{
    private const string Beginning = "0";
    private const string New = ">";
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Acknowledging and deleting in one, so that the count of pending bytes follows what is in the stream.
    private const string RemoveScript = """
        local stream, pending_bytes, group = KEYS[1], KEYS[2], ARGV[1]
        local freed = 0
        for i = 2, #ARGV, 2 do
            redis.call('XACK', stream, group, ARGV[i])
            if redis.call('XDEL', stream, ARGV[i]) == 1 then freed = freed + tonumber(ARGV[i + 1]) end
        end
        local pending = 0
        if redis.call('XLEN', stream) > 0 then
            pending = math.max(0, tonumber(redis.call('GET', pending_bytes) or '0') - freed)
        end
        redis.call('SET', pending_bytes, string.format('%.0f', pending))
        """;

    // Looking and deleting in one: a read of the dead consumer that Redis had still kept waiting may be given an entry in
    // between, and with its consumer the entry would be in nobody's hands.
    private const string ForgetConsumerScript = """
        if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
            redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
        end
        """;

    // When starting, and after a call of unknown outcome, there may be entries that are ours already.
    private bool _ownFirst = true;

    private IDatabase Database => redis.GetDatabase();

    /// <summary>The next entries; none after two quiet seconds.</summary>
    /// <exception cref="RedisException">Redis is away; or a <see cref="TimeoutException"/>.</exception>
    public async Task<List<ShardEntry>> ReadAsync(int count, CancellationToken ct)
    {
        var own = _ownFirst;
        _ownFirst = true;
        try
        {
            var answer = await reading.GetDatabase().ExecuteAsync(
                    "XREADGROUP", "GROUP", StreamKeys.Group, name.ToString(), "COUNT", count,
                    "BLOCK", (int)Wait.TotalMilliseconds, "STREAMS", keys.Stream, own ? Beginning : New)
                .WaitAsync(Wait + Patience, ct);
            var entries = answer.IsNull ? [] : ShardEntry.ListFrom(EntriesOfOnlyStream(answer));
            _ownFirst = own && entries.Count > 0;
            return entries;
        }
        catch (RedisServerException missing) when (IsWithoutGroup(missing))
        {
            await CreateGroupAsync();
            return [];
        }
    }

    /// <summary>Has the next read begin with what is ours already: what was read or claimed last may not be stored or removed.</summary>
    public void ReadOwnFirst() => _ownFirst = true;

    /// <summary>Entries whose consumer is gone from this machine, or has not been heard of for <paramref name="idle"/>.</summary>
    public async Task<List<ShardEntry>> ClaimAsync(TimeSpan idle, int count)
    {
        try
        {
            var claimed = new List<ShardEntry>();
            foreach (var gone in await GoneConsumersAsync())
                claimed.AddRange(await ClaimFromAsync(gone, count));
            var answer = (RedisResult[])(await Database.ExecuteAsync(
                "XAUTOCLAIM", keys.Stream, StreamKeys.Group, name.ToString(), (long)idle.TotalMilliseconds, "0-0", "COUNT", count)
                .WaitAsync(Patience))!;
            claimed.AddRange(ShardEntry.ListFrom(answer[1]));
            return claimed;
        }
        catch (RedisServerException missing) when (IsWithoutGroup(missing))
        {
            await CreateGroupAsync();
            return [];
        }
    }

    /// <summary>Says that the entries are still being worked on.</summary>
    public Task RenewAsync(IEnumerable<ShardEntry> entries) =>
        Database.ExecuteAsync(
                "XCLAIM", [keys.Stream, StreamKeys.Group, name.ToString(), 0, .. entries.Select(entry => (object)entry.Id), "JUSTID"])
            .WaitAsync(Patience);

    /// <summary>Tells who waits for it that entries are committed. Nobody may hear it, so nothing waits for that.</summary>
    public void TellStored(IReadOnlyList<Entry> entries)
    {
        if (entries.Count == 0)
            return;
        try
        {
            redis.GetSubscriber().PublishAsync(StoredNotice.Channel, StoredNotice.Encode(entries), CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // Those who wait look into the table.
        }
    }

    /// <summary>Takes stored entries out of the stream.</summary>
    public async Task RemoveAsync(IEnumerable<ShardEntry> entries)
    {
        var ownFirst = _ownFirst;
        _ownFirst = true;
        await Database.ExecuteAsync(
                "EVAL",
                [
                    RemoveScript, 2, keys.Stream, keys.PendingBytes, StreamKeys.Group,
                    .. entries.SelectMany(entry => new object[] { entry.Id, entry.Bytes?.Length ?? 0 }),
                ])
            .WaitAsync(Patience);
        _ownFirst = ownFirst;
    }

    /// <summary>Protocol 2 answers a list of streams, each a list of name and entries; protocol 3 a map from name to entries.</summary>
    private static RedisResult EntriesOfOnlyStream(RedisResult answer)
    {
        var streams = (RedisResult[])answer!;
        return streams is [var stream] ? ((RedisResult[])stream!)[1] : streams[1];
    }

    /// <summary>XINFO says another thing than the rest where not even the stream is there.</summary>
    private static bool IsWithoutGroup(RedisServerException missing) =>
        missing.Message.StartsWith("NOGROUP", StringComparison.Ordinal)
        || missing.Message.Contains("no such key", StringComparison.Ordinal);

    private async Task CreateGroupAsync()
    {
        try
        {
            // From the beginning: what was added before there was a group is to be stored too.
            await Database.ExecuteAsync("XGROUP", "CREATE", keys.Stream, StreamKeys.Group, Beginning, "MKSTREAM").WaitAsync(Patience);
        }
        catch (RedisServerException exists) when (exists.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
        }
    }

    private async Task<List<string>> GoneConsumersAsync()
    {
        var answer = await Database.ExecuteAsync("XINFO", "CONSUMERS", keys.Stream, StreamKeys.Group).WaitAsync(Patience);
        return [.. ((RedisResult[])answer!)
            .Select(consumer => FieldOf((RedisResult[])consumer!, "name"))
            .Where(consumer => ConsumerName.Parse(consumer)?.IsSurelyGone() == true)];
    }

    private static string FieldOf(RedisResult[] fields, string field)
    {
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            if ((string?)fields[i] == field)
                return (string)fields[i + 1]!;
        }
        return "";
    }

    private async Task<List<ShardEntry>> ClaimFromAsync(string consumer, int count)
    {
        var pending = (RedisResult[])(await Database.ExecuteAsync(
            "XPENDING", keys.Stream, StreamKeys.Group, "-", "+", count, consumer).WaitAsync(Patience))!;
        if (pending.Length == 0)
        {
            await Database.ExecuteAsync("EVAL", ForgetConsumerScript, 1, keys.Stream, StreamKeys.Group, consumer).WaitAsync(Patience);
            return [];
        }
        var ids = pending.Select(entry => (object)(string)((RedisResult[])entry!)[0]!);
        var answer = await Database.ExecuteAsync("XCLAIM", [keys.Stream, StreamKeys.Group, name.ToString(), 0, .. ids])
            .WaitAsync(Patience);
        return ShardEntry.ListFrom(answer);
    }
}
