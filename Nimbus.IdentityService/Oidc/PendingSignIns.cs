using Nimbus.IdentityService.Tokens;
using Nimbus.ServiceDefaults;
using StackExchange.Redis;

namespace Nimbus.IdentityService.Oidc;

/// <summary>What is to be remembered between two steps of a sign-in, on whichever node the next one comes: in Redis, to be taken once.</summary>
public sealed class PendingSignIns(IConnectionMultiplexer redis)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <exception cref="ProblemException">503 <c>redis_unavailable</c>.</exception>
    public Task KeepAsync(string step, string secret, string value, TimeSpan lifetime) => AskAsync(() =>
        redis.GetDatabase().StringSetAsync(KeyOf(step, secret), value, (TimeSpan?)lifetime, When.Always, CommandFlags.None));

    /// <summary>What was kept, this once; null where there is nothing, or not any more.</summary>
    /// <exception cref="ProblemException">503 <c>redis_unavailable</c>.</exception>
    public async Task<string?> TakeAsync(string step, string secret) =>
        (string?)await AskAsync(() => redis.GetDatabase().ExecuteAsync("GETDEL", KeyOf(step, secret)));

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().WaitAsync(Patience);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            throw new ProblemException(503, "redis_unavailable", "Nobody can sign in this way just now. Try again in a moment.");
        }
    }

    private static RedisKey KeyOf(string step, string secret) => $"nimbus:oidc:{step}:{Convert.ToHexStringLower(RefreshToken.HashOf(secret))}";
}
