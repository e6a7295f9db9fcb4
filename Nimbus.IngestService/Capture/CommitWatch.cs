using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Buffering;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.IngestService.Capture;

/// <summary>
/// Waits for the writer's commit, where <see cref="AckAfter.Database"/> asks for it. The writers' notices make it quick; what
/// counts is <c>ingest_batches</c>, which is looked at when no notice comes, since a notice can be lost.
/// </summary>
internal sealed partial class CommitWatch(
    IConnectionMultiplexer redis, NpgsqlDataSource database, IOptions<IngestOptions> options, ILogger<CommitWatch> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private const string IsStoredSql =
        "SELECT EXISTS (SELECT FROM ingest_batches WHERE project_id = @project AND entry_id = @entry)";

    private readonly ConcurrentDictionary<(Guid Project, Guid Entry), TaskCompletionSource> _awaited = new();

    /// <summary>Has notices of the entry heard from now on; call it before the stream can have the entry.</summary>
    public Task Expect(Guid projectId, Guid entryId) =>
        // Two requests of the same signed bytes wait for one entry.
        _awaited.GetOrAdd((projectId, entryId), _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Returns once the entry is committed.</summary>
    /// <param name="notice">What <see cref="Expect"/> gave.</param>
    /// <exception cref="RefusedException">503: it is not by the end of <see cref="IngestOptions.AckTimeout"/>.</exception>
    public async Task WaitAsync(Guid projectId, Guid entryId, Task notice, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(options.Value.AckTimeout);
        try
        {
            while (true)
            {
                await Task.WhenAny(notice, Task.Delay(BetweenLooks, bound.Token));
                if (notice.IsCompleted || await IsStoredAsync(projectId, entryId, bound.Token))
                    return;
                bound.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw RefusedException.Unavailable(
                "not_stored_yet",
                "The events wait to be stored, and may still be. Send the same bytes with the same signature, or events with keys, again: they are stored once.");
        }
        finally
        {
            Forget(projectId, entryId);
        }
    }

    /// <summary>Nobody waits for the entry any more; whoever else does finds it in the table.</summary>
    public void Forget(Guid projectId, Guid entryId) => _awaited.TryRemove((projectId, entryId), out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Value.AckAfter == AckAfter.Database && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await redis.GetSubscriber().SubscribeAsync(StoredNotice.Channel, (_, message) => Hear(message))
                    .WaitAsync(options.Value.RedisTimeout, stoppingToken);
                return;
            }
            catch (Exception away) when (away is RedisException or TimeoutException)
            {
                LogNotSubscribed(away.Message);
                await Task.Delay(Pause, stoppingToken);
            }
        }
    }

    private void Hear(RedisValue message)
    {
        if ((byte[]?)message is not { } bytes)
            return;
        foreach (var entry in StoredNotice.Decode(bytes))
        {
            if (_awaited.TryRemove(entry, out var awaited))
                awaited.TrySetResult();
        }
    }

    private async Task<bool> IsStoredAsync(Guid projectId, Guid entryId, CancellationToken ct)
    {
        try
        {
            await using var command = database.CreateCommand(IsStoredSql);
            command.Parameters.AddWithValue("project", projectId);
            command.Parameters.AddWithValue("entry", entryId);
            return (bool)(await command.ExecuteScalarAsync(ct))!;
        }
        catch (Exception away) when (away is NpgsqlException or IOException or TimeoutException)
        {
            // Then nothing is being committed either; what remains is to wait.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot hear of commits yet, and look for each: {Reason}")]
    private partial void LogNotSubscribed(string reason);
}
