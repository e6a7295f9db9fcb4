using System.Globalization;
using StackExchange.Redis;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>What waits in the stream.</summary>
internal sealed class Backlog(IDatabase redis)
{
    private static readonly RedisKey Stream = "nimbus:events:{0}";

    /// <summary>Entries that are not stored yet.</summary>
    public async Task<long> EntriesAsync() => (long)await redis.ExecuteAsync("XLEN", Stream);

    /// <summary>How long the oldest entry in the writers' hands has been in the stream; zero where they have none.</summary>
    public async Task<TimeSpan> LagAsync()
    {
        try
        {
            var summary = (RedisResult[])(await redis.ExecuteAsync("XPENDING", Stream, "writers"))!;
            if (summary[1].IsNull)
                return TimeSpan.Zero;
            var oldest = (string)summary[1]!;
            var added = long.Parse(oldest.AsSpan(0, oldest.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            return DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(added);
        }
        catch (RedisServerException)
        {
            // No group yet: nothing was sent.
            return TimeSpan.Zero;
        }
    }

    /// <summary>Bytes of memory that an entry takes, on average over those that wait; null where none does.</summary>
    public async Task<double?> BytesPerEntryAsync()
    {
        var entries = await EntriesAsync();
        var memory = await redis.ExecuteAsync("MEMORY", "USAGE", Stream, "SAMPLES", 0);
        return entries == 0 || memory.IsNull ? null : (double)(long)memory / entries;
    }

    public async Task DrainAsync(CancellationToken ct)
    {
        while (await EntriesAsync() > 0)
            await Task.Delay(50, ct);
    }
}
