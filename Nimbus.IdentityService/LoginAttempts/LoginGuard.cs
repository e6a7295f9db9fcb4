using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;
using StackExchange.Redis;

namespace Nimbus.IdentityService.LoginAttempts;

/// <summary>
/// Slows down who guesses passwords, without letting a stranger lock anyone out. From the fifth failure of one address at one
/// account on, each doubles the wait, up to 15 minutes. One address has 50 failures in 15 minutes over all accounts, and one
/// account 20 over all addresses that it was never signed in to from: where its owner has signed in within 30 days, they
/// always can. Counts stand in Redis, for accounts that do not exist as well; while it is away, nothing is slowed down.
/// </summary>
public sealed partial class LoginGuard(TokenBuckets redis, IOptions<RateLimitOptions> limits, ILogger<LoginGuard> log)
{
    /// <summary>Failures of one address at one account before it has to wait.</summary>
    public const int FreeFailures = 5;

    /// <summary>Failures of one address, in 15 minutes.</summary>
    public const int MaxOfAddress = 50;

    /// <summary>Failures at one account from addresses unknown to it, in 15 minutes.</summary>
    public const int MaxOfStrangers = 20;

    // Longer than other limits wait: a burst of sign-ins keeps the processors busy with hashing, and must not open this one.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // An attempt counts as failed from its start: those under way at once are bounded too. A success takes it back.
    private const string Attempt = """
        local now = redis.call('TIME')
        local ms = now[1] * 1000 + math.floor(now[2] / 1000)
        local window = 900000
        local pair = redis.call('HMGET', KEYS[1], 'failures', 'until')
        if pair[2] and tonumber(pair[2]) > ms then return {tonumber(pair[2]) - ms} end
        if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[2]) then return {redis.call('PTTL', KEYS[2])} end
        local stranger = redis.call('EXISTS', KEYS[4]) == 0
        if stranger and tonumber(redis.call('GET', KEYS[3]) or '0') >= tonumber(ARGV[3]) then
            return {redis.call('PTTL', KEYS[3])}
        end
        local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
        if failures >= tonumber(ARGV[1]) then
            redis.call('HSET', KEYS[1], 'until', ms + math.min(window, 1000 * 2 ^ (failures - tonumber(ARGV[1]))))
        end
        redis.call('PEXPIRE', KEYS[1], 2 * window)
        if redis.call('INCR', KEYS[2]) == 1 then redis.call('PEXPIRE', KEYS[2], window) end
        if stranger and redis.call('INCR', KEYS[3]) == 1 then redis.call('PEXPIRE', KEYS[3], window) end
        return {0}
        """;

    private const string Success = """
        redis.call('DEL', KEYS[1])
        if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('DECR', KEYS[2]) end
        if redis.call('EXISTS', KEYS[4]) == 0 and redis.call('EXISTS', KEYS[3]) == 1 then redis.call('DECR', KEYS[3]) end
        redis.call('SET', KEYS[4], '1', 'PX', 2592000000)
        return {1}
        """;

    /// <summary>How long this address has to wait before it may try this account again; zero: it may, and it counts.</summary>
    public async Task<TimeSpan> TryAsync(string email, IPAddress? address, CancellationToken ct)
    {
        if (!limits.Value.Enabled)
            return TimeSpan.Zero;
        var answer = await redis.RunAsync(Attempt, Keys(email, address), [FreeFailures, MaxOfAddress, MaxOfStrangers], Patience, ct);
        if (answer is not [> 0 and var wait])
            return TimeSpan.Zero;
        LogStopped(AccountOf(email), TokenBuckets.NameOf(address));
        return TimeSpan.FromMilliseconds(wait);
    }

    /// <summary>The password was wrong, or there is no such account; it has counted since its start.</summary>
    public void Failed(string email, IPAddress? address) => LogFailed(AccountOf(email), TokenBuckets.NameOf(address));

    /// <summary>The attempt was the owner's.</summary>
    public Task SucceededAsync(string email, IPAddress? address, CancellationToken ct) =>
        limits.Value.Enabled ? redis.RunAsync(Success, Keys(email, address), [], Patience, ct) : Task.CompletedTask;

    /// <summary>What an account goes by in Redis and in the log: addresses of people are not written in clear.</summary>
    internal static string AccountOf(string email) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(EmailAddress.Normalize(email))).AsSpan(..16));

    // One hash tag: the scripts work on a cluster too.
    private static RedisKey[] Keys(string email, IPAddress? address)
    {
        var account = AccountOf(email);
        var from = TokenBuckets.NameOf(address);
        return
        [
            $"nimbus:{{login}}:pair:{account}:{from}", $"nimbus:{{login}}:address:{from}", $"nimbus:{{login}}:account:{account}",
            $"nimbus:{{login}}:known:{account}:{from}",
        ];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in at account {Account} failed, from {Address}")]
    private partial void LogFailed(string account, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in at account {Account} has to wait after failures, from {Address}")]
    private partial void LogStopped(string account, string address);
}
