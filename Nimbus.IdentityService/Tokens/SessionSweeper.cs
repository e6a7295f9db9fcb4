using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Tokens;

/// <summary>
/// Announces the revocations that Redis has missed (it was away, or this service stopped between commit and message), and
/// forgets sessions that ended long ago.
/// </summary>
internal sealed partial class SessionSweeper(
    IServiceScopeFactory scopes, MigrationState migrations, TimeProvider time, ILogger<SessionSweeper> log) : BackgroundService
{
    private const int BatchSize = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenCleanings = TimeSpan.FromHours(1);

    // A used token is recognised for as long as its session's row is there.
    private static readonly TimeSpan KeptAfterTheEnd = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrations.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Pause, time);
        var lastCleaning = DateTimeOffset.MinValue;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await AnnounceMissedAsync(scope.ServiceProvider, stoppingToken);
                var now = time.GetStoredNow();
                if (now - lastCleaning >= BetweenCleanings)
                {
                    await ForgetOldAsync(scope.ServiceProvider.GetRequiredService<IdentityDb>(), now, stoppingToken);
                    lastCleaning = now;
                }
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failure);
            }
        }
    }

    private async Task AnnounceMissedAsync(IServiceProvider services, CancellationToken ct)
    {
        // After that time no access token of the session is alive. A moment is left to the request that revoked it.
        var since = time.GetStoredNow() - SessionRevocation.Remembered;
        var until = time.GetStoredNow() - Pause;
        var missed = await services.GetRequiredService<IdentityDb>().Sessions
            .Where(s => s.RevokedAt != null && s.AnnouncedAt == null && s.RevokedAt > since && s.RevokedAt < until)
            .OrderBy(s => s.RevokedAt).Select(s => s.Id).Take(BatchSize).ToListAsync(ct);
        var sessions = services.GetRequiredService<Sessions>();
        foreach (var sessionId in missed)
        {
            if (!await sessions.AnnounceAsync(sessionId))
                return; // Redis is away for the others too
        }
    }

    private static Task<int> ForgetOldAsync(IdentityDb db, DateTimeOffset now, CancellationToken ct)
    {
        var before = now - KeptAfterTheEnd;
        return db.Sessions.Where(s => s.ExpiresAt < before).ExecuteDeleteAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sweeping sessions failed; trying again")]
    private partial void LogFailed(Exception failure);
}
