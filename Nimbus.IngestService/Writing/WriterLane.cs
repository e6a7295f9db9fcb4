using System.Diagnostics;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Buffering;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// Reads entries, stores them, takes them out of the stream, and begins again. While storing is not possible it reads nothing
/// further and tries the same batch for ever.
/// </summary>
internal sealed partial class WriterLane(
    ShardConsumer consumer,
    BatchStore store,
    WriterState state,
    IngestMetrics metrics,
    IOptions<WriterOptions> options,
    IOptions<ShardOptions> shards,
    TimeProvider time,
    ILogger<WriterLane> logger)
{
    private const int MostEntries = 2_000;
    private static readonly TimeSpan BetweenClaims = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private int _entriesPerRead = 16;

    // Of the last transaction.
    private int _lastEvents;

    /// <summary>Runs until <paramref name="stopping"/>, and then finishes the batch in hand.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var lastClaim = DateTimeOffset.MinValue;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var entries = new List<ShardEntry>();
                if (time.GetUtcNow() - lastClaim >= BetweenClaims)
                {
                    entries = await consumer.ClaimAsync(options.Value.ClaimAfter, _entriesPerRead);
                    // After a claim that found some there may be more.
                    lastClaim = entries.Count > 0 ? DateTimeOffset.MinValue : time.GetUtcNow();
                }
                if (entries.Count == 0)
                    entries = await consumer.ReadAsync(_entriesPerRead, stopping);
                state.Works(this);
                if (entries.Count > 0)
                    await StoreAsync(entries, stopping);
                if (entries.Count > 0 && _lastEvents < options.Value.EventsPerTransaction / 2)
                    await PauseAsync(options.Value.Linger, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception away)
            {
                // Whatever it is: a lane that ended would leave its entries to nobody while the process lives.
                LogRedisAway(away, away.Message);
                state.Waits(this, $"Redis: {away.Message}");
                consumer.ReadOwnFirst();
                await PauseAsync(TimeSpan.FromSeconds(1), stopping);
            }
        }
    }

    private async Task StoreAsync(List<ShardEntry> entries, CancellationToken stopping)
    {
        using var renewing = new CancellationTokenSource();
        var renewal = RenewAsync(entries, renewing.Token);
        try
        {
            foreach (var part in Parts(entries))
            {
                if (!await StoreUntilDoneAsync(part, stopping))
                    return;
                _lastEvents = part.Events;
                consumer.TellStored(part.Read);
                await consumer.RemoveAsync(part.Entries);
            }
        }
        finally
        {
            await renewing.CancelAsync();
            await renewal;
        }
    }

    /// <returns>False when it was stopped before it could store: the entries stay pending, for whoever claims them.</returns>
    private async Task<bool> StoreUntilDoneAsync(Part part, CancellationToken stopping)
    {
        for (var pause = ShortestPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            try
            {
                await StoreOnceAsync(part);
                state.Works(this);
                return true;
            }
            catch (Exception passing)
            {
                LogWaiting(passing, passing is PostgresException refused ? $"{refused.SqlState} {refused.MessageText}" : passing.Message);
                state.Waits(this, passing.Message);
            }
            if (stopping.IsCancellationRequested)
                return false;
            await PauseAsync(pause, stopping);
        }
    }

    private async Task StoreOnceAsync(Part part)
    {
        using var activity = Telemetry.StartStoring(part.Read);
        var begin = Stopwatch.GetTimestamp();
        // Not cancelled by a stop: a batch in hand is finished, and the statement timeout bounds it.
        var result = await store.StoreAsync(part.Read, part.Unreadable, CancellationToken.None);
        var took = Stopwatch.GetElapsedTime(begin);
        metrics.Ingested(result.Ingested);
        metrics.Duplicate(result.Duplicates);
        metrics.Erased(result.Erased);
        LogStored(result.Ingested, result.Duplicates, result.DeadLetters, part.Entries.Count, took);
        if (result.DeadLetters > 0)
            LogDeadLetters(result.DeadLetters);
        if (result.LargestPerson > CanonicalIds.ManyIds)
        {
            metrics.LargePerson();
            LogLargePerson(result.LargestPerson);
        }
    }

    /// <summary>Cuts what was read into transactions, and learns how many entries one of them takes.</summary>
    private IEnumerable<Part> Parts(List<ShardEntry> entries)
    {
        var part = new Part();
        var parts = 1;
        // Of a cluster one project is one node, and a transaction on one node is as cheap as without a cluster.
        var isApart = shards.Value.Distributed;
        var last = Guid.Empty;
        foreach (var entry in isApart ? entries.OrderBy(entry => EntryCodec.ProjectOf(entry.Bytes)) : entries.AsEnumerable())
        {
            var isOther = isApart && last != (last = EntryCodec.ProjectOf(entry.Bytes));
            if (part.Entries.Count > 0
                && (isOther || part.Events >= options.Value.EventsPerTransaction || part.Bytes >= options.Value.BytesPerTransaction))
            {
                yield return part;
                part = new Part();
                parts++;
            }
            part.Add(entry);
        }
        yield return part;

        // Grows slowly, since nothing tells how large the next ones are, and shrinks at once.
        _entriesPerRead = parts > 1
            ? Math.Max(1, entries.Count / parts)
            : entries.Count == _entriesPerRead ? Math.Min(_entriesPerRead * 2, MostEntries) : _entriesPerRead;
    }

    private async Task RenewAsync(List<ShardEntry> entries, CancellationToken done)
    {
        using var timer = new PeriodicTimer(options.Value.ClaimAfter / 3, time);
        while (await TickAsync(timer, done))
        {
            try
            {
                await consumer.RenewAsync(entries);
            }
            catch (Exception away) when (away is RedisException or TimeoutException)
            {
                // Then another writer may take them, and find them stored.
                LogRedisAway(away, away.Message);
            }
        }
    }

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken done)
    {
        try
        {
            return await timer.WaitForNextTickAsync(done);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(pause, time, stopping);
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>The entries of one transaction.</summary>
    private sealed class Part
    {
        public List<ShardEntry> Entries { get; } = [];

        public List<Entry> Read { get; } = [];

        public List<DeadLetter> Unreadable { get; } = [];

        public int Events { get; private set; }

        public int Bytes { get; private set; }

        public void Add(ShardEntry entry)
        {
            Entries.Add(entry);
            if (entry.Bytes is not { } bytes)
                return;
            Bytes += bytes.Length;
            try
            {
                Read.Add(EntryCodec.Decode(bytes));
                Events += Read[^1].Events.Count;
            }
            catch (Exception unreadable)
            {
                // Reading bytes depends on nothing else: what fails once fails always.
                Unreadable.Add(DeadLetter.OfEntry(bytes, unreadable.Message));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Stored {Stored} events ({Duplicates} duplicates, {DeadLetters} dead letters) of {Entries} entries in {Time}")]
    private partial void LogStored(int stored, int duplicates, int deadLetters, int entries, TimeSpan time);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} events could not be stored and are dead letters")]
    private partial void LogDeadLetters(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A person has {Ids} ids now: something links what is not one person")]
    private partial void LogLargePerson(int ids);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot store at the moment, trying on: {Reason}")]
    private partial void LogWaiting(Exception exception, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not answer the writer: {Reason}")]
    private partial void LogRedisAway(Exception exception, string reason);
}
