using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Which sessions have ended although their access tokens have not. The identity service says so in Redis, by a key that
/// outlives the tokens and by a message; other services hear the message at once and look the key up at most once a
/// second per session. Fails open: with Redis away, tokens live until they expire.
/// </summary>
public sealed partial class SessionRevocation
{
    /// <summary>How long a revocation is remembered: the longest life of an access token, and slack for clocks that differ.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(1) + TimeSpan.FromMinutes(5);

    internal static readonly RedisChannel Channel = new("nimbus:session-revoked", RedisChannel.PatternMode.Literal);

    // How old an answer of Redis may be, how long a request waits for one, and how long nobody asks after a failure.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan OpenPeriod = TimeSpan.FromSeconds(2);

    // Bounds memory when very many sessions are active at once; asking again is all that a dropped entry costs.
    private const int MaxEntries = 100_000;

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> revokedUntil = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> runningUntil = new();
    private readonly TimeProvider time;
    private readonly ILogger<SessionRevocation> logger;
    private volatile IConnectionMultiplexer? redis;
    private long closedUntilTicks;

    /// <summary>Without Redis until the listener has it.</summary>
    public SessionRevocation(TimeProvider time, ILogger<SessionRevocation> logger)
    {
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Ends a session on every node. For the identity service, after its database says the same.</summary>
    /// <exception cref="RedisException">Redis is away: the session's access token lives until it expires.</exception>
    /// <exception cref="TimeoutException">The same.</exception>
    public async Task RevokeAsync(IConnectionMultiplexer connection, Guid sessionId, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(connection);
        Remember(sessionId);
        // The key before the message: who asks Redis because of the message must find it.
        // All arguments, by the exact types: newer clients have overloads between which fewer would leave the choice open.
        await connection.GetDatabase()
            .StringSetAsync(KeyOf(sessionId), "1", (TimeSpan?)Remembered, When.Always, CommandFlags.None)
            .WaitAsync(Patience * 8, ct);
        await connection.GetSubscriber().PublishAsync(Channel, sessionId.ToString("D")).WaitAsync(Patience * 8, ct);
    }

    /// <summary>Whether the session has ended. Waits 250 ms at most; when Redis gives no answer, it has not.</summary>
    public async Task<bool> IsRevokedAsync(Guid sessionId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (revokedUntil.TryGetValue(sessionId, out var revoked) && revoked > now)
            return true;
        if (runningUntil.TryGetValue(sessionId, out var running) && running > now)
            return false;
        if (redis is not { } connection || now.UtcTicks < Interlocked.Read(ref closedUntilTicks))
            return false;

        try
        {
            if (await connection.GetDatabase().KeyExistsAsync(KeyOf(sessionId)).WaitAsync(Patience, ct))
            {
                Remember(sessionId);
                return true;
            }
            if (runningUntil.Count >= MaxEntries)
                runningUntil.Clear();
            runningUntil[sessionId] = now + Fresh;
            return false;
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The next requests do not wait for a server that is away.
            Interlocked.Exchange(ref closedUntilTicks, (time.GetUtcNow() + OpenPeriod).UtcTicks);
            LogUnanswered(failure.GetType().Name);
            return false;
        }
    }

    internal void Use(IConnectionMultiplexer connection) => redis = connection;

    internal void Remember(Guid sessionId)
    {
        var now = time.GetUtcNow();
        if (revokedUntil.Count >= MaxEntries)
            foreach (var (session, until) in revokedUntil)
                if (until <= now)
                    revokedUntil.TryRemove(session, out _);
        revokedUntil[sessionId] = now + Remembered;
        runningUntil.TryRemove(sessionId, out _);
    }

    internal static RedisKey KeyOf(Guid sessionId) => $"nimbus:session-revoked:{sessionId:D}";

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis gave no answer about ended sessions ({Failure}): tokens pass until they expire")]
    private partial void LogUnanswered(string failure);
}
