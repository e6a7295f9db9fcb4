using Nimbus.ServiceDefaults;
using StackExchange.Redis;

namespace Nimbus.IdentityService.Tokens;

/// <summary>Tells every node that a session's access tokens are to be refused from now on.</summary>
public sealed partial class SessionAnnouncements(
    SessionRevocation revocation, IConnectionMultiplexer redis, ILogger<SessionAnnouncements> log)
{
    /// <summary>False where Redis did not take it.</summary>
    public async Task<bool> TryRevokedAsync(Guid sessionId)
    {
        try
        {
            await revocation.RevokeAsync(redis, sessionId, CancellationToken.None);
            return true;
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            LogNotAnnounced(sessionId, failure.GetType().Name);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis did not take the revocation of session {SessionId} ({Failure}); trying on")]
    private partial void LogNotAnnounced(Guid sessionId, string failure);
}
