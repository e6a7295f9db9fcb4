using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Token buckets in Redis, shared by every node: one Lua call fills up what time has given since, and takes from it. Fails open:
/// when Redis gives no answer in time, the request goes on and <c>nimbus.rate_limit.unavailable</c> counts it.
/// </summary>
public sealed partial class TokenBuckets(IServiceProvider services, TimeProvider time, ILogger<TokenBuckets> logger)
{
    // The server's clock, so that nodes need not agree on theirs. What a clock that goes back would take away, it does not.
    private const string Take = """
        local now = redis.call('TIME')
        local ms = now[1] * 1000 + math.floor(now[2] / 1000)
        local capacity, window, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens = capacity
        if bucket[1] then
            tokens = math.min(capacity, tonumber(bucket[1]) + math.max(0, ms - tonumber(bucket[2])) * capacity / window)
        end
        local taken, wait = 0, 0
        if tokens >= 1 then
            taken = math.min(wanted, math.floor(tokens))
            tokens = tokens - taken
        else
            wait = math.ceil((1 - tokens) * window / capacity)
        end
        redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', ms)
        redis.call('PEXPIRE', KEYS[1], window)
        return {taken, math.floor(tokens), wait, math.ceil((capacity - tokens) * window / capacity)}
        """;

    private static readonly Meter Meter = new("Nimbus.RateLimits");
    private static readonly Counter<long> Unavailable = Meter.CreateCounter<long>(
        "nimbus.rate_limit.unavailable", description: "Requests that were let through because Redis gave no answer.");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "nimbus.rate_limited", description: "Requests that were refused, by limit.");

    // How long a request waits for Redis, and how long nobody asks after a failure.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan OpenPeriod = TimeSpan.FromSeconds(2);

    private long closedUntilTicks;

    /// <summary>Zero of what is counted, whatever the limit.</summary>
    internal static void Begin()
    {
        Unavailable.Add(0);
        foreach (var limit in (string[])["address", "user", "key"])
            Refused.Add(0, new KeyValuePair<string, object?>("limit", limit));
    }

    /// <summary>Takes some of <paramref name="capacity"/>, which fill up again in <paramref name="window"/>.</summary>
    /// <param name="limit">What is limited, for the metric.</param>
    /// <param name="who">Whom the bucket is for.</param>
    /// <param name="wanted">As many as are taken where the bucket has them; else what it has.</param>
    /// <returns>Null where Redis did not answer.</returns>
    public async Task<BucketAnswer?> TakeAsync(
        string limit, string who, int capacity, TimeSpan window, CancellationToken ct, int wanted = 1)
    {
        var answer = await RunAsync(
            Take, [$"nimbus:rate:{limit}:{who}"], [capacity, (long)window.TotalMilliseconds, wanted], Patience, ct);
        if (answer is not [var taken, var remaining, var wait, var full])
            return null;
        if (taken == 0)
            Refused.Add(1, new KeyValuePair<string, object?>("limit", limit));
        return new BucketAnswer(
            (int)taken, capacity, (int)remaining, TimeSpan.FromMilliseconds(wait), TimeSpan.FromMilliseconds(full));
    }

    /// <summary>Runs a script that answers numbers; null where Redis did not answer, or there is none.</summary>
    public async Task<long[]?> RunAsync(string script, RedisKey[] keys, RedisValue[] values, TimeSpan patience, CancellationToken ct)
    {
        if (services.GetService<IConnectionMultiplexer>() is not { } redis)
            return null;
        if (time.GetUtcNow().UtcTicks < Interlocked.Read(ref closedUntilTicks))
        {
            Unavailable.Add(1);
            return null;
        }
        try
        {
            // Not ScriptEvaluateAsync: it sends two commands as one message, and a release of the client that is traced fails what waits behind it.
            object[] arguments = [script, keys.Length, .. keys, .. values];
            return (long[]?)await redis.GetDatabase().ExecuteAsync("EVAL", arguments).WaitAsync(patience, ct);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException or ObjectDisposedException)
        {
            Interlocked.Exchange(ref closedUntilTicks, (time.GetUtcNow() + OpenPeriod).UtcTicks);
            Unavailable.Add(1);
            LogUnanswered(failure.GetType().Name);
            return null;
        }
    }

    /// <summary>What requests from an address are counted under: of IPv6 the /64, which one customer has whole.</summary>
    public static string NameOf(IPAddress? address)
    {
        if (address is null)
            return "unknown";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis gave no answer about rate limits ({Failure}): requests pass")]
    private partial void LogUnanswered(string failure);
}

/// <summary>What a bucket said.</summary>
/// <param name="Granted">How many were taken.</param>
/// <param name="Wait">How long until it has one again; zero where one was taken.</param>
/// <param name="Full">How long until it is full.</param>
public sealed record BucketAnswer(int Granted, int Capacity, int Remaining, TimeSpan Wait, TimeSpan Full)
{
    /// <summary>Whether there was one at least.</summary>
    public bool Taken => Granted > 0;
}
