using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.IngestService.Writing;

/// <summary>Looks how old the oldest waiting entry is, and how many dead letters there are.</summary>
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
                    await CountDeadLettersAsync(stoppingToken);
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
    }

    private async Task CountDeadLettersAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT count(*) FROM dead_letters");
        metrics.SetDeadLetters((long)(await command.ExecuteScalarAsync(ct))!);
    }
}
