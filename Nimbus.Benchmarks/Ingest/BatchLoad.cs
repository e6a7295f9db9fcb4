using System.Diagnostics;
using Npgsql;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>What a load came to.</summary>
/// <param name="Accepted">Events a second that were answered with 202.</param>
/// <param name="Stored">Events a second that were committed; duplicates are none of them.</param>
/// <param name="Handled">The same with the duplicates, which cost as much.</param>
/// <param name="Lags">Seconds that the oldest entry had waited, four times a second, in order.</param>
internal sealed record BatchLoadResult(double Accepted, double Stored, double Handled, IReadOnlyList<double> Lags);

/// <summary>Senders of batches, as fast as the answers come.</summary>
internal sealed class BatchLoad(Uri gateway, LoadProject project, NpgsqlDataSource database, Backlog backlog, IngestPlan plan) : IDisposable
{
    public const int BatchSize = 1000;

    private readonly SignedSender _sender = new(gateway, project);
    private readonly List<EventBodies> _bodies = [.. Enumerable.Range(0, plan.Clients).Select(sender => new EventBodies(sender, BatchSize, plan.Keys))];
    private long _accepted;
    private volatile bool _hold;

    /// <summary>
    /// Sends for a while. With a bound on what waits, the senders pause while it is reached, so that they find the highest rate
    /// at which the lag does not grow; without, they find out how fast intake takes events that nobody has stored yet.
    /// </summary>
    /// <param name="duplicates">Percent of the events.</param>
    /// <param name="measuring">Called when sending is in full swing, and again at the end.</param>
    public async Task<BatchLoadResult> RunAsync(
        TimeSpan duration, int duplicates, int? mostWaiting, Func<Task>? measuring, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _hold = false;
        var senders = _bodies.Select(bodies => Task.Run(() => SendAsync(bodies, duplicates, ending.Token), ct)).ToList();
        var watch = mostWaiting is { } most ? WatchAsync(most, ending.Token) : Task.CompletedTask;

        await Task.Delay(TimeSpan.FromTicks(Math.Min(duration.Ticks / 5, TimeSpan.FromSeconds(5).Ticks)), ct);
        await (measuring?.Invoke() ?? Task.CompletedTask);
        var clock = Stopwatch.StartNew();
        var (stored, handled, accepted) = (await StoredAsync(ct), await HandledAsync(ct), Interlocked.Read(ref _accepted));
        var lags = new List<double>();
        while (clock.Elapsed < duration)
        {
            await Task.Delay(250, ct);
            lags.Add((await backlog.LagAsync()).TotalSeconds);
            if (senders.Find(sender => sender.IsFaulted) is { } failed)
                await failed;
        }
        var result = new BatchLoadResult(
            (Interlocked.Read(ref _accepted) - accepted) / clock.Elapsed.TotalSeconds,
            (await StoredAsync(ct) - stored) / clock.Elapsed.TotalSeconds,
            (await HandledAsync(ct) - handled) / clock.Elapsed.TotalSeconds,
            lags);
        await (measuring?.Invoke() ?? Task.CompletedTask);

        await ending.CancelAsync();
        await Task.WhenAll([.. senders, watch]);
        await backlog.DrainAsync(ct);
        return result;
    }

    /// <summary>Events that are stored.</summary>
    public Task<long> StoredAsync(CancellationToken ct) => SumAsync("SELECT coalesce(sum(event_count), 0)::bigint FROM outbox WHERE project_id = $1", ct);

    private Task<long> HandledAsync(CancellationToken ct) => SumAsync("SELECT coalesce(sum(event_count), 0)::bigint FROM ingest_batches WHERE project_id = $1", ct);

    private async Task<long> SumAsync(string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(project.Id);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task SendAsync(EventBodies bodies, int duplicates, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            while (_hold && !ending.IsCancellationRequested)
                await Task.Delay(2, CancellationToken.None);
            // Not cancelled: what was sent is counted.
            await _sender.SendAsync(bodies.Next(DateTimeOffset.UtcNow, duplicates), CancellationToken.None);
            Interlocked.Add(ref _accepted, BatchSize);
        }
    }

    private async Task WatchAsync(int mostWaiting, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            _hold = await backlog.EntriesAsync() >= mostWaiting;
            await Task.Delay(15, CancellationToken.None);
        }
    }

    public void Dispose() => _sender.Dispose();
}
