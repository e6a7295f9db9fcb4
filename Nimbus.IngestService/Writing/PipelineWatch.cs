using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.IngestService.Writing;

/// <summary>Looks how much waits and how old its oldest entry is, and how many dead letters and active projects there are.</summary>
internal sealed class PipelineWatch(
    Backlog backlog,
    NpgsqlDataSource database,
    EventsSchema schema,
    WriterState state,
    IngestMetrics metrics,
    TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);
    private const int LooksPerCount = 8;
    // It looks at every file of the database.
    private const int LooksPerSize = 20 * LooksPerCount;

    // One lookup a project: its last change, by the key of the outbox.
    private const string CountSql = """
        SELECT (SELECT count(*) FROM dead_letters),
               (SELECT count(*) FROM project_seq s JOIN outbox o ON o.project_id = s.project_id AND o.n = s.n
                WHERE o.written_at > now() - interval '1 hour')
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.Ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(BetweenLooks, time);
        for (var looks = 0; await timer.WaitForNextTickAsync(stoppingToken); looks++)
        {
            try
            {
                await LookAtStreamAsync(stoppingToken);
                if (looks % LooksPerCount == 0)
                    await CountAsync(stoppingToken);
                if (looks % LooksPerSize == 0)
                    await MeasureDatabaseAsync(stoppingToken);
            }
            catch (Exception away) when (away is RedisException or TimeoutException or NpgsqlException)
            {
                // The lanes say so, and louder; what was seen last stands.
            }
        }
    }

    private async Task LookAtStreamAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var lag = await backlog.AgeAsync(ct);
        state.Lag = lag;
        state.OldestWaiting = now - lag;
        metrics.SetLag(lag);
        metrics.SetPending(await backlog.CountAsync(ct));
    }

    private async Task CountAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(CountSql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        metrics.SetDeadLetters(reader.GetInt64(0));
        metrics.SetActiveProjects(reader.GetInt64(1));
    }

    private async Task MeasureDatabaseAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT pg_database_size(current_database())");
        metrics.SetDatabaseSize((long)(await command.ExecuteScalarAsync(ct))!);
    }
}
