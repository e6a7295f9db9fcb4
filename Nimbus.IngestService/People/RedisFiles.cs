using System.Globalization;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Buffering;
using StackExchange.Redis;

namespace Nimbus.IngestService.People;

/// <summary>
/// Has Redis forget what went through its stream: an entry that was taken out stands in its append-only file until that is written
/// anew, and in memory, which is what is written, until the node of the stream that held it has gone.
/// </summary>
internal sealed class RedisFiles(IConnectionMultiplexer redis, IOptions<ShardOptions> shards, TimeProvider time)
{
    // The most entries that a node of a stream holds, as servers are set unless told otherwise.
    private const long EntriesOfNode = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ForRewriting = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    // The clocks of Redis and PostgreSQL may differ by this.
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(Guid, int), (long EnoughAdded, EntryId? Last)> _nodes = [];

    /// <summary>Whether everything that was in the stream at a time is gone from its memory.</summary>
    public async Task<bool> IsStreamCleanAsync(UnfinishedErasure erasure, CancellationToken ct)
    {
        for (var shard = 0; shard < shards.Value.Shards; shard++)
        {
            if (!await IsCleanAsync(erasure, shard, ct))
                return false;
        }
        return true;
    }

    /// <summary>Writes the append-only files anew, from what is in memory.</summary>
    public Task<(PlaceState State, string? Detail)> RewriteLogAsync(CancellationToken ct) =>
        RewriteAsync("BGREWRITEAOF", [], info =>
            !Is(info, "aof_rewrite_in_progress", "1") && !Is(info, "aof_rewrite_scheduled", "1"), info => Is(info, "aof_last_bgrewrite_status", "ok"), ct);

    /// <summary>Writes the snapshots anew: there may be one, whether or not any are written regularly.</summary>
    public Task<(PlaceState State, string? Detail)> RewriteSnapshotAsync(CancellationToken ct) =>
        RewriteAsync("BGSAVE", ["SCHEDULE"], info => !Is(info, "rdb_bgsave_in_progress", "1"), info => Is(info, "rdb_last_bgsave_status", "ok"), ct);

    private async Task<bool> IsCleanAsync(UnfinishedErasure erasure, int shard, CancellationToken ct)
    {
        Dictionary<string, RedisResult> stream;
        try
        {
            stream = Fields(await redis.GetDatabase().ExecuteAsync("XINFO", "STREAM", new StreamKeys(shard).Stream).WaitAsync(Patience, ct));
        }
        catch (RedisServerException missing) when (missing.Message.Contains("no such key", StringComparison.Ordinal))
        {
            return true;
        }
        if ((long)stream["length"] == 0)
            return true;
        // Where there is always something, entries behind the last one that mattered have to fill a node and go.
        var first = EntryId.Parse((string)((RedisResult[])stream["first-entry"]!)[0]!);
        if (first.Milliseconds <= (erasure.RequestedAt + Skew).ToUnixTimeMilliseconds() || !stream.TryGetValue("entries-added", out var added))
            return false;
        var key = (erasure.Id, shard);
        if (!_nodes.TryGetValue(key, out var node))
            node = ((long)added + EntriesOfNode, null);
        if (node.Last is null && (long)added >= node.EnoughAdded)
            node.Last = EntryId.Parse((string)stream["last-generated-id"]!);
        _nodes[key] = node;
        return node.Last is { } last && first.CompareTo(last) > 0;
    }

    private async Task<(PlaceState State, string? Detail)> RewriteAsync(
        string command, object[] arguments, Func<Dictionary<string, string>, bool> isIdle, Func<Dictionary<string, string>, bool> isWell, CancellationToken ct)
    {
        // The client sends such a call to one of them, and does not say to which.
        if (redis.GetEndPoints().Length > 1)
            return (PlaceState.LeftToOperator, $"There are several Redis servers: call {command} on each");
        try
        {
            // One that is under way may have begun too early.
            await UntilAsync(isIdle, ct);
            await redis.GetDatabase().ExecuteAsync(command, arguments).WaitAsync(Patience, ct);
            var info = await UntilAsync(isIdle, ct);
            return isWell(info) ? (PlaceState.Rewritten, null) : (PlaceState.Waiting, $"{command} failed; Redis says why in its log");
        }
        catch (RedisServerException refused) when (IsForbidden(refused))
        {
            return (PlaceState.LeftToOperator, $"Redis does not let Nimbus call {command}; its files age as this server has it");
        }
    }

    private async Task<Dictionary<string, string>> UntilAsync(Func<Dictionary<string, string>, bool> isIdle, CancellationToken ct)
    {
        for (var begun = time.GetTimestamp(); ; await Task.Delay(BetweenLooks, time, ct))
        {
            var text = (string)(await redis.GetDatabase().ExecuteAsync("INFO", "persistence").WaitAsync(Patience, ct))!;
            var info = text.Split('\n').Select(line => line.Trim().Split(':', 2)).Where(pair => pair.Length == 2)
                .ToDictionary(pair => pair[0], pair => pair[1]);
            if (isIdle(info))
                return info;
            if (time.GetElapsedTime(begun) > ForRewriting)
                throw new TimeoutException("Redis has been rewriting its files for long.");
        }
    }

    private static bool Is(Dictionary<string, string> info, string field, string value) => info.GetValueOrDefault(field) == value;

    private static bool IsForbidden(RedisServerException refused) =>
        refused.Message.StartsWith("NOPERM", StringComparison.Ordinal)
        || refused.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
        || refused.Message.Contains("not allowed", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, RedisResult> Fields(RedisResult answer)
    {
        var pairs = (RedisResult[])answer!;
        return Enumerable.Range(0, pairs.Length / 2).ToDictionary(i => (string)pairs[i * 2]!, i => pairs[i * 2 + 1]);
    }

    /// <summary>The id of an entry, as Redis orders them.</summary>
    private readonly record struct EntryId(long Milliseconds, long Sequence) : IComparable<EntryId>
    {
        public static EntryId Parse(string text)
        {
            var dash = text.IndexOf('-', StringComparison.Ordinal);
            return new(long.Parse(text.AsSpan(0, dash), CultureInfo.InvariantCulture), long.Parse(text.AsSpan(dash + 1), CultureInfo.InvariantCulture));
        }

        public int CompareTo(EntryId other) => (Milliseconds, Sequence).CompareTo((other.Milliseconds, other.Sequence));
    }
}
