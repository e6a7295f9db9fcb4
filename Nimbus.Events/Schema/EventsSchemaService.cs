using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Nimbus.Events.Schema;

/// <summary>
/// Brings eventsdb to this build's schema, or waits until another service has. A database that is away is retried for
/// ever; one that refuses our name or password ends the process, since no waiting heals that.
/// </summary>
internal sealed partial class EventsSchemaService(
    NpgsqlDataSource database,
    IConfiguration configuration,
    EventsSchema schema,
    SchemaRole role,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<EventsSchemaService> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private static int Wanted => Migration.All[^1].Version;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await TryAsync(stoppingToken))
            await Task.Delay(Pause, time, stoppingToken);
        schema.SetReady();
        LogReady(Wanted);
    }

    private async Task<bool> TryAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(ct);
            if (role == SchemaRole.Migrates)
                await MigrateAsync(connection, ct);
            var version = await VersionAsync(connection, ct);
            schema.Waiting = $"it is at version {version}, version {Wanted} is needed";
            return version >= Wanted;
        }
        catch (PostgresException refused) when (refused.SqlState.StartsWith("28", StringComparison.Ordinal))
        {
            await Console.Error.WriteLineAsync(
                $"PostgreSQL refuses us: {refused.MessageText}. Correct ConnectionStrings__eventsdb.");
            Environment.ExitCode = 1;
            lifetime.StopApplication();
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return false;
        }
        catch (Exception away) when (away is NpgsqlException or IOException or TimeoutException)
        {
            if (schema.Waiting != away.Message)
                LogAway(away.Message);
            schema.Waiting = away.Message;
            return false;
        }
    }

    private async Task MigrateAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await ExecuteAsync(connection, "SELECT pg_advisory_lock(@lock)", ct);
        try
        {
            await ExecuteAsync(connection, """
                CREATE TABLE IF NOT EXISTS schema_version (
                    version    int         PRIMARY KEY,
                    title      text        NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """, ct);
            var version = await VersionAsync(connection, ct);
            foreach (var migration in Migration.All.Where(migration => migration.Version > version))
                await ApplyAsync(connection, migration, ct);
            if (configuration.GetValue<bool>("Nimbus:Events:Distributed"))
                await DistributedTables.EnsureAsync(connection, ct);
            await MonthlyPartitions.EnsureAsync(connection, time.GetUtcNow(), ct);
        }
        finally
        {
            // Given back at once, not when the pool resets the connection; a broken connection has lost it already.
            if (connection.State == System.Data.ConnectionState.Open)
                await ExecuteAsync(connection, "SELECT pg_advisory_unlock(@lock)", CancellationToken.None);
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Whoever waits for a lock on a table keeps everybody behind it waiting too; so not for long, and then again.
        await using (var patience = new NpgsqlCommand("SET LOCAL lock_timeout = '2s'", connection, transaction))
            await patience.ExecuteNonQueryAsync(ct);
        await using (var step = new NpgsqlCommand(migration.Sql, connection, transaction) { CommandTimeout = 0 })
            await step.ExecuteNonQueryAsync(ct);
        await using (var mark = new NpgsqlCommand(
            "INSERT INTO schema_version (version, title) VALUES (@version, @title)", connection, transaction))
        {
            mark.Parameters.AddWithValue("version", migration.Version);
            mark.Parameters.AddWithValue("title", migration.Title);
            await mark.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        LogApplied(migration.Version, migration.Title);
    }

    private static async Task<int> VersionAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('schema_version') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(ct) is not true)
            return 0;
        await using var version = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM schema_version", connection);
        return (int)(await version.ExecuteScalarAsync(ct))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (sql.Contains("@lock", StringComparison.Ordinal))
            command.Parameters.AddWithValue("lock", AdvisoryLocks.Schema);
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "eventsdb has schema version {Version}")]
    private partial void LogReady(int version);

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied schema step {Version}, {Title}")]
    private partial void LogApplied(int version, string title);

    [LoggerMessage(Level = LogLevel.Warning, Message = "eventsdb is not ready, trying on: {Reason}")]
    private partial void LogAway(string reason);
}
