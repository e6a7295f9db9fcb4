using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Capture;

/// <summary>
/// How much one key may send in a minute, and how often one address may fail to prove that it has a key. Lets requests through
/// while Redis does not answer, which then takes no events either.
/// </summary>
/// <remarks>
/// A tenth of a second's worth is taken at once and spent here: each call would else wait for Redis to have synced the count to
/// disk, and then again for its events. So a key may be over its limit by about that much, per process.
/// </remarks>
internal sealed class IntakeLimit(TokenBuckets buckets, IOptions<RateLimitOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private const int TenthsOfASecond = 600;
    private const int MostStocks = 10_000;

    private readonly ConcurrentDictionary<string, Stock> _stocks = new(StringComparer.Ordinal);

    /// <exception cref="RefusedException">429, with the time to wait.</exception>
    public async Task TakeAsync(string keyId, CancellationToken ct)
    {
        if (!options.Value.Enabled)
            return;
        var now = time.GetTimestamp();
        var isFresh = _stocks.TryGetValue(keyId, out var stock) && time.GetElapsedTime(stock.Since, now) < Window;
        if (isFresh && stock!.TryTake())
            return;
        var capacity = options.Value.PerKeyPerMinute;
        if (await buckets.TakeAsync("key", keyId, capacity, Window, ct, Math.Max(1, capacity / TenthsOfASecond)) is not { } answer)
            return;
        if (!answer.Taken)
        {
            throw Refusal(answer, string.Create(
                CultureInfo.InvariantCulture,
                $"This key may send {answer.Capacity} requests a minute. Send more events in each, or wait for as long as Retry-After says."));
        }
        if (answer.Granted == 1)
            return;
        if (_stocks.Count >= MostStocks)
            _stocks.Clear();
        // Others may have asked meanwhile; what they got is not lost.
        if (isFresh)
            stock!.Add(answer.Granted - 1);
        else
            _stocks[keyId] = new Stock(answer.Granted - 1, now);
    }

    /// <summary>Counts a request that nobody's key let in, with what else strangers ask from this address. Who has a key is let in on.</summary>
    /// <exception cref="RefusedException">429, with the time to wait.</exception>
    public async Task TakeFailureAsync(HttpContext http, CancellationToken ct)
    {
        var address = TokenBuckets.NameOf(http.Connection.RemoteIpAddress);
        if (options.Value.Enabled && await buckets.TakeAsync("address", address, options.Value.AnonymousPerMinute, Window, ct) is { Taken: false } full)
            throw Refusal(full, "There were too many requests without a valid key from this address. Wait for as long as Retry-After says.");
    }

    private static RefusedException Refusal(BucketAnswer full, string detail) =>
        new(StatusCodes.Status429TooManyRequests, "rate_limited", detail, TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(full.Wait.TotalSeconds))))
        {
            Bucket = full,
        };

    /// <summary>What was taken and is not spent. After a window it is void: the bucket has filled up since.</summary>
    private sealed class Stock(int count, long since)
    {
        private int _left = count;

        public long Since => since;

        public void Add(int more) => Interlocked.Add(ref _left, more);

        public bool TryTake()
        {
            while (Volatile.Read(ref _left) is > 0 and var left)
            {
                if (Interlocked.CompareExchange(ref _left, left - 1, left) == left)
                    return true;
            }
            return false;
        }
    }
}
