using System.Buffers;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>The events of a block that one part of the people has, in order of time. A person's number in its part is their own divided by the parts.</summary>
internal sealed unsafe class DealtEvents : IDisposable
{
    private readonly Column<long> _times = new();
    private readonly Column<int> _people = new();
    private readonly Column<uint> _masks = new();
    private readonly Column<int> _ranks = new();
    private readonly Column<int> _sessions = new();

    public int Count { get; set; }

    public Span<long> Times => _times.Span[..Count];

    public Span<int> People => _people.Span[..Count];

    public Span<uint> Masks => _masks.Span[..Count];

    /// <summary>Empty where none was reserved.</summary>
    public Span<int> Ranks => _ranks.Span.IsEmpty ? default : _ranks.Span[..Count];

    /// <summary>Codes of the client's session ids; empty where none was reserved.</summary>
    public Span<int> Sessions => _sessions.Span.IsEmpty ? default : _sessions.Span[..Count];

    /// <summary>Empties it and makes room for so many.</summary>
    public void Reserve(int count, bool ranks, bool sessions)
    {
        Count = 0;
        // One more, since what is not kept is written all the same.
        _times.Reserve(count + 1);
        _people.Reserve(count + 1);
        _masks.Reserve(count + 1);
        if (ranks) _ranks.Reserve(count + 1);
        if (sessions) _sessions.Reserve(count + 1);
    }

    /// <summary>Where events are written to, as many as were reserved.</summary>
    public DealtCursor Cursor(ulong* finished) => new()
    {
        Times = _times.Start,
        People = _people.Start,
        Masks = _masks.Start,
        Ranks = _ranks.Start,
        Sessions = _sessions.Start,
        Finished = finished,
    };

    public void Dispose()
    {
        _times.Dispose();
        _people.Dispose();
        _masks.Dispose();
        _ranks.Dispose();
        _sessions.Dispose();
    }

    /// <summary>A rented array that stays where it is.</summary>
    private sealed class Column<T> : IDisposable where T : unmanaged
    {
        private T[] _array = [];
        private MemoryHandle _pin;

        public Span<T> Span => _array;

        public T* Start => (T*)_pin.Pointer;

        public void Reserve(int count)
        {
            if (_array.Length >= count) return;
            Dispose();
            _array = ArrayPool<T>.Shared.Rent(count);
            _pin = _array.AsMemory().Pin();
        }

        public void Dispose()
        {
            _pin.Dispose();
            if (_array.Length > 0) ArrayPool<T>.Shared.Return(_array);
            _array = [];
        }
    }
}

/// <summary>The place in <see cref="DealtEvents"/> where the next event goes.</summary>
internal unsafe struct DealtCursor
{
    public long* Times;
    public int* People;
    public uint* Masks;
    public int* Ranks;
    public int* Sessions;

    /// <summary>A bit for each person of the part whose further events change nothing; null to keep all.</summary>
    public ulong* Finished;

    public int Count;
}
