using System.Buffers;
using System.Text.Json;

namespace Nimbus.Client;

/// <summary>What became of an event offered to a batch.</summary>
public enum BatchAddition
{
    /// <summary>It is in the batch.</summary>
    Added,

    /// <summary>It did not fit beside the others: build this batch and offer it to the next.</summary>
    Full,

    /// <summary>It alone is larger than a request may be, and no batch will take it.</summary>
    TooLarge,
}

/// <summary>Collects events into request bodies within the limits of a request. Not thread-safe.</summary>
public sealed class EventBatchBuilder
{
    /// <summary>The most events one request may hold.</summary>
    public const int MaxEvents = 1000;

    /// <summary>
    /// Bytes of JSON in one request: under the server's 8 MiB for a body as sent, so that a batch passes whether or
    /// not it compresses well, and far under its 32 MiB after decompression.
    /// </summary>
    public const int MaxBytes = 7 << 20;

    private static ReadOnlySpan<byte> Opening => "{\"events\":["u8;
    private static ReadOnlySpan<byte> Closing => "]}"u8;

    private readonly ArrayBufferWriter<byte> _events = new();
    private readonly ArrayBufferWriter<byte> _next = new();
    private readonly int _maxEvents;
    private readonly int _maxBytes;

    /// <param name="maxEvents">1 to <see cref="MaxEvents"/>.</param>
    /// <param name="maxBytes">1 to <see cref="MaxBytes"/>.</param>
    public EventBatchBuilder(int maxEvents = MaxEvents, int maxBytes = MaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxEvents, MaxEvents);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, MaxBytes);
        (_maxEvents, _maxBytes) = (maxEvents, maxBytes);
    }

    /// <summary>How many events the batch holds so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the event, unless it does not fit.</summary>
    /// <exception cref="JsonException">Its <see cref="NimbusEvent.PropertiesJson"/> is no JSON object.</exception>
    /// <exception cref="NotSupportedException">A property has a type that JSON has no form for.</exception>
    public BatchAddition Add(NimbusEvent @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (Count == _maxEvents)
            return BatchAddition.Full;

        _next.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_next, EventWriter.Options))
            EventWriter.Write(json, @event);

        var size = _next.WrittenCount + Opening.Length + Closing.Length + 1;
        if (size > _maxBytes)
            return BatchAddition.TooLarge;
        if (_events.WrittenCount + size > _maxBytes)
            return BatchAddition.Full;

        _events.Write(Count == 0 ? Opening : ","u8);
        _events.Write(_next.WrittenSpan);
        Count++;
        return BatchAddition.Added;
    }

    /// <summary>The batch of what was added, and an empty builder.</summary>
    /// <exception cref="InvalidOperationException">Nothing was added.</exception>
    public EventBatch Build()
    {
        if (Count == 0)
            throw new InvalidOperationException("A batch holds at least one event.");
        _events.Write(Closing);
        var batch = new EventBatch(_events.WrittenSpan.ToArray(), Count);
        _events.ResetWrittenCount();
        Count = 0;
        return batch;
    }
}
