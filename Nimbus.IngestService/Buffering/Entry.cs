using System.Buffers.Binary;
using Nimbus.Events;

namespace Nimbus.IngestService.Buffering;

/// <summary>The accepted events of one request: what one entry of the stream holds.</summary>
/// <param name="EntryId">
/// The same for the same request, however often it arrives and is read: the first 128 bits of its signature, or a new UUID
/// where it has none.
/// </param>
/// <param name="ReceivedAt">The server's time of receipt, in Unix milliseconds.</param>
/// <param name="TraceParent">The W3C trace context of the request; empty without one.</param>
internal sealed record Entry(
    Guid EntryId, Guid ProjectId, long ReceivedAt, string TraceParent, IReadOnlyList<EntryEvent> Events)
{
    /// <summary>An event's place in its request is 12 bits of its id.</summary>
    public const ushort LargestIndex = 0x0FFF;

    /// <summary>What was refused although the request was answered with success: kept as dead letters.</summary>
    public IReadOnlyList<RefusedEvent> Refused { get; init; } = [];

    /// <summary>The dead letter whose event this is, being stored again; the letter goes with the storing.</summary>
    public Guid? Replays { get; init; }

    /// <summary>Where the request came from, a JSON object; empty where that is not kept.</summary>
    public ReadOnlyMemory<byte> Traffic { get; init; }

    /// <summary>
    /// The id of an event of this entry, a UUIDv7: 48 bits of the time of receipt, 12 of the event's place in the request,
    /// 62 of the entry's id. So the entry's events have ids in one known range, and nobody has to carry them.
    /// </summary>
    public Guid IdOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, LargestIndex);
        Span<byte> id = stackalloc byte[16];
        EntryId.TryWriteBytes(id, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(id, (ReceivedAt << 16) | 0x7000L | (ushort)index);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}

/// <summary>One event on its way from intake to the tables.</summary>
internal sealed class EntryEvent
{
    /// <summary>Place in the request, from 0.</summary>
    public int Index { get; init; }

    public EventType Type { get; set; }

    /// <summary>Time of the event, in Unix milliseconds.</summary>
    public long Ts { get; set; }

    /// <summary>Empty where it is no event and only updates a profile.</summary>
    public string Name { get; set; } = "";

    /// <summary>Whether it becomes a row of events.</summary>
    public bool IsEvent => Name.Length > 0;

    public string? UserId { get; set; }

    public string? AnonymousId { get; set; }

    /// <summary>The id that an alias joins with <see cref="UserId"/>.</summary>
    public string? OtherId { get; set; }

    public string? IdempotencyKey { get; set; }

    public long? Seq { get; set; }

    /// <summary>The event's JSON as received; <see cref="Props"/> and <see cref="Context"/> are parts of it.</summary>
    public ReadOnlyMemory<byte> Original { get; set; }

    /// <summary>A JSON object; empty without one.</summary>
    public ReadOnlyMemory<byte> Props { get; set; }

    /// <summary>A JSON object; empty without one.</summary>
    public ReadOnlyMemory<byte> Context { get; set; }

    /// <summary>What it changes in profiles, a JSON object; empty where it changes nothing.</summary>
    public ReadOnlyMemory<byte> Update { get; set; }
}

/// <summary>An element of a request that did not become an event.</summary>
/// <param name="Index">Place in the request, from 0.</param>
/// <param name="Reason">The code of its reason.</param>
/// <param name="Original">As received.</param>
internal readonly record struct RefusedEvent(int Index, string Reason, ReadOnlyMemory<byte> Original);
