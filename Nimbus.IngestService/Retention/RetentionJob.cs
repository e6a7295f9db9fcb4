using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.Events.Schema;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.IngestService.Retention;

/// <summary>
/// Deletes what projects no longer keep: events past their retention, and all of a deleted project. Of several writers one
/// does it; a round that is broken off goes on with the next.
/// </summary>
internal sealed partial class RetentionJob(
    NpgsqlDataSource database,
    EventsSchema schema,
    IdentityProjects identity,
    EventExpiry expiry,
    ProjectErasure erasure,
    IConnectionMultiplexer redis,
    IOptions<RetentionOptions> options,
    TimeProvider time,
    ILogger<RetentionJob> logger) : BackgroundService
{
    private static readonly RedisChannel ProjectChanged = new("nimbus:project-changed", RedisChannel.PatternMode.Literal);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WhenUnfinished = TimeSpan.FromSeconds(5);

    // One permit at most: a hundred changes ask for one round.
    private readonly SemaphoreSlim _asked = new(0, 1);

    public override void Dispose()
    {
        _asked.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.Ready.WaitAsync(stoppingToken);
        var listens = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var finished = false;
            try
            {
                listens = listens || await ListenAsync(stoppingToken);
                finished = await RoundAsync(stoppingToken);
            }
            catch (Exception passing) when (passing is NpgsqlException or RedisException or HttpRequestException or JsonException
                or IOException or TimeoutException or TaskCanceledException && !stoppingToken.IsCancellationRequested)
            {
                LogLater(passing.Message);
            }
            await _asked.WaitAsync(finished ? options.Value.Interval : WhenUnfinished, stoppingToken);
        }
    }

    private async Task<bool> ListenAsync(CancellationToken ct)
    {
        await redis.GetSubscriber().SubscribeAsync(ProjectChanged, (_, _) => Ask()).WaitAsync(Patience, ct);
        return true;
    }

    private void Ask()
    {
        try
        {
            _asked.Release();
        }
        catch (SemaphoreFullException)
        {
            // A round is asked for already.
        }
    }

    /// <returns>False where something is left to do.</returns>
    private async Task<bool> RoundAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var retentions = await identity.RetentionsAsync(ct);
        if (retentions.Count == 0)
            return true;
        await using var connection = await database.OpenConnectionAsync(ct);
        if (!await TryLockAsync(connection, ct))
            return false;
        try
        {
            var finished = true;
            foreach (var (projectId, days, deletedAt) in retentions)
            {
                if (deletedAt is { } deleted)
                {
                    if (await erasure.EraseAsync(connection, projectId, deleted, ct))
                        await identity.ErasedAsync(projectId, ct);
                    else
                        finished = false;
                }
                else
                {
                    await expiry.ExpireAsync(connection, projectId, EventExpiry.FloorOf(now, days!.Value), ct);
                }
            }
            await expiry.DropPartitionsAsync(connection, ct);
            return finished;
        }
        finally
        {
            if (connection.State == System.Data.ConnectionState.Open)
                await UnlockAsync(connection);
        }
    }

    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(@lock)", connection);
        command.Parameters.AddWithValue("lock", AdvisoryLocks.Retention);
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static async Task UnlockAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(@lock)", connection);
        command.Parameters.AddWithValue("lock", AdvisoryLocks.Retention);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deleting what is no longer kept is put off: {Reason}")]
    private partial void LogLater(string reason);
}
