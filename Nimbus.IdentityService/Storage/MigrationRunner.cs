using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Nimbus.IdentityService.Storage;

/// <summary>
/// Brings identitydb to this version's schema as the service starts: one replica under an advisory lock, the others wait and
/// find it done. A database that is still starting is waited for; one that refuses us ends the service.
/// </summary>
internal sealed partial class MigrationRunner(
    IServiceScopeFactory scopes, MigrationState state, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<MigrationRunner> log) : BackgroundService
{
    // Any number, as long as nothing else on the database takes it: "nimb" in ASCII, then the service.
    private const long LockId = 0x6E696D62_00000001;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await MigrateAsync(stoppingToken);
                state.Finished();
                return;
            }
            catch (Exception failure) when (IsStillStarting(failure))
            {
                var reason = failure.GetBaseException().Message;
                state.Waiting($"identitydb is not there yet: {reason}");
                LogWaiting(reason);
                await Task.Delay(Pause, time, stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                var reason = failure.GetBaseException().Message;
                LogRefused(reason);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }
        }
    }

    private async Task MigrateAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<IdentityDb>().Database;
        // The lock belongs to the connection, so this one stays open around the migrations, and closing it lets go.
        await database.OpenConnectionAsync(ct);
        await database.ExecuteSqlAsync($"SELECT pg_advisory_lock({LockId})", ct);
        try
        {
            // Asked for before it is read, the history's table is no error in the database's log of a first start.
            await database.GetService<IHistoryRepository>().CreateIfNotExistsAsync(ct);
            await database.MigrateAsync(ct);
        }
        finally
        {
            await database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({LockId})", CancellationToken.None);
            await database.CloseConnectionAsync();
        }
    }

    /// <summary>Nothing listens yet, the server says it is starting, or the database is not created yet.</summary>
    internal static bool IsStillStarting(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName }
                or NpgsqlException { IsTransient: true } or SocketException or TimeoutException)
                return true;
        }
        return false;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Waiting for identitydb: {Reason}")]
    private partial void LogWaiting(string reason);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "identitydb cannot be migrated ({Reason}): check ConnectionStrings:identitydb and the rights of its user")]
    private partial void LogRefused(string reason);
}
