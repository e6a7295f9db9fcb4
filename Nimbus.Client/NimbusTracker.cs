using System.Text.Json;
using System.Threading.Channels;

namespace Nimbus.Client;

/// <summary>How a <see cref="NimbusTracker"/> queues.</summary>
public sealed record NimbusTrackerOptions
{
    /// <summary>Events that may wait; past this, <see cref="NimbusTracker.Capture"/> answers false.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>A batch is sent when it holds this many events, 1 to 1,000.</summary>
    public int BatchEvents { get; init; } = 500;

    /// <summary>A batch is sent this long after its first event, however few it holds.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long disposal goes on sending what still waits; then that is undelivered.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Called with each event that will not arrive, and why. Runs on the sending task: be brief, and do not throw
    /// (an exception is ignored, so that the other events still go).
    /// </summary>
    public Action<UndeliveredEvent>? Undelivered { get; init; }
}

/// <summary>An event that the tracker took and Nimbus did not.</summary>
/// <param name="Event">With its key, so that it can be sent again.</param>
/// <param name="Code">Of the server where it gave one: <c>invalid_props</c>; else <c>not_sent</c>.</param>
/// <param name="Message">For people.</param>
public sealed record UndeliveredEvent(NimbusEvent Event, string Code, string Message);

/// <summary>
/// Sends events in the background. Capturing never waits for the network; a full queue says so instead of dropping,
/// and an event that cannot be delivered is handed to <see cref="NimbusTrackerOptions.Undelivered"/>.
/// </summary>
public sealed class NimbusTracker : IAsyncDisposable
{
    private readonly NimbusClient _client;
    private readonly NimbusTrackerOptions _options;
    private readonly TimeProvider _clock;
    private readonly Channel<Item> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;
    private long _delivered;
    private long _undelivered;
    private int _disposed;

    /// <param name="client">Sends, and stays the caller's to dispose.</param>
    /// <param name="options">How to queue; none: the defaults.</param>
    /// <param name="clock">Dates events that have no time; none: the system's.</param>
    public NimbusTracker(NimbusClient client, NimbusTrackerOptions? options = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _options = options ?? new NimbusTrackerOptions();
        _clock = clock ?? TimeProvider.System;
        _queue = Channel.CreateBounded<Item>(new BoundedChannelOptions(_options.Capacity) { SingleReader = true });
        _sending = Task.Run(SendAllAsync);
    }

    /// <summary>Events that Nimbus has taken, those it knew already included.</summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    /// <summary>Events that were given to <see cref="NimbusTrackerOptions.Undelivered"/>.</summary>
    public long Undelivered => Interlocked.Read(ref _undelivered);

    /// <summary>Queues the event. False: the queue is full or closed, and the event was not taken.</summary>
    public bool Capture(NimbusEvent @event) => _queue.Writer.TryWrite(new Item(Complete(@event), null));

    /// <summary>Queues the event, waiting for room in the queue.</summary>
    /// <exception cref="ChannelClosedException">The tracker is disposed.</exception>
    public ValueTask CaptureAsync(NimbusEvent @event, CancellationToken ct = default) =>
        _queue.Writer.WriteAsync(new Item(Complete(@event), null), ct);

    /// <summary>Completes once every event captured before the call is delivered or reported undelivered.</summary>
    public async Task FlushAsync(CancellationToken ct = default)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.Writer.WriteAsync(new Item(null, flushed), ct);
        await flushed.Task.WaitAsync(ct);
    }

    /// <summary>Takes no more, and sends what waits, for at most <see cref="NimbusTrackerOptions.DrainTimeout"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        _queue.Writer.TryComplete();
        _stop.CancelAfter(_options.DrainTimeout);
        await _sending;
        _stop.Dispose();
    }

    // Time and key are given here: what waits keeps the time it happened, and can be sent again under its key.
    private NimbusEvent Complete(NimbusEvent @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        return @event with
        {
            Timestamp = @event.Timestamp ?? _clock.GetUtcNow(),
            IdempotencyKey = @event.IdempotencyKey ?? Guid.CreateVersion7().ToString(),
        };
    }

    private async Task SendAllAsync()
    {
        var batch = new List<NimbusEvent>(_options.BatchEvents);
        while (await _queue.Reader.WaitToReadAsync())
        {
            var flushed = await FillAsync(batch);
            await SendAsync(batch);
            batch.Clear();
            flushed?.SetResult();
        }
    }

    /// <summary>Reads until the batch is full, its time is up, a flush is asked for, or the queue is closed.</summary>
    private async Task<TaskCompletionSource?> FillAsync(List<NimbusEvent> batch)
    {
        using var interval = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        interval.CancelAfter(_options.FlushInterval);
        try
        {
            while (batch.Count < _options.BatchEvents)
            {
                if (!_queue.Reader.TryRead(out var item))
                {
                    if (await _queue.Reader.WaitToReadAsync(interval.Token))
                        continue;
                    break;
                }
                if (item.Flushed is not null)
                    return item.Flushed;
                batch.Add(item.Event!);
            }
        }
        catch (OperationCanceledException)
        {
            // The interval is over (or the drain is): what is there goes.
        }
        return null;
    }

    private async Task SendAsync(List<NimbusEvent> batch)
    {
        if (batch.Count == 0)
            return;
        try
        {
            var answer = await _client.SendAsync(batch, _stop.Token);
            Interlocked.Add(ref _delivered, batch.Count - answer.Errors.Count);
            foreach (var error in answer.Errors)
                Report(batch[error.Index], error.Code, error.Message);
        }
        catch (OperationCanceledException)
        {
            ReportAll(batch, "not_sent", "The tracker was disposed before the event could be sent.");
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            await SendWritableAsync(batch);
        }
        catch (Exception e)
        {
            // Whatever it was, the sending goes on: a tracker that stopped would lose all that follows in silence.
            ReportAll(batch, (e as NimbusException)?.Code ?? "not_sent", e.Message);
        }
    }

    /// <summary>An event that cannot be written as JSON must not cost its neighbours.</summary>
    private async Task SendWritableAsync(List<NimbusEvent> batch)
    {
        var writable = new List<NimbusEvent>(batch.Count);
        foreach (var @event in batch)
        {
            try
            {
                new EventBatchBuilder().Add(@event);
                writable.Add(@event);
            }
            catch (Exception e) when (e is NotSupportedException or JsonException)
            {
                Report(@event, "invalid_props", e.Message);
            }
        }
        await SendAsync(writable);
    }

    private void ReportAll(List<NimbusEvent> batch, string code, string message)
    {
        foreach (var @event in batch)
            Report(@event, code, message);
    }

    private void Report(NimbusEvent @event, string code, string message)
    {
        Interlocked.Increment(ref _undelivered);
        try
        {
            _options.Undelivered?.Invoke(new UndeliveredEvent(@event, code, message));
        }
        catch (Exception)
        {
            // As documented: what the caller's method throws must not stop the sending.
        }
    }

    /// <summary>Either an event or the end of what a flush waits for.</summary>
    private readonly record struct Item(NimbusEvent? Event, TaskCompletionSource? Flushed);
}
