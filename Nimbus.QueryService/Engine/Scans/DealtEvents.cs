using System.Buffers;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>The events of a block that one part of the people has, in order of time. A person's number in its part is their own divided by the parts.</summary>
internal sealed class DealtEvents : IDisposable
{
    private long[] _times = [];
    private int[] _people = [];
    private uint[] _masks = [];
    private int[] _ranks = [];
    private int[] _sessions = [];

    public int Count { get; set; }

    public Span<long> Times => _times.AsSpan(0, Count);

    public Span<int> People => _people.AsSpan(0, Count);

    public Span<uint> Masks => _masks.AsSpan(0, Count);

    /// <summary>Empty where none was reserved.</summary>
    public Span<int> Ranks => _ranks.Length == 0 ? default : _ranks.AsSpan(0, Count);

    /// <summary>Codes of the client's session ids; empty where none was reserved.</summary>
    public Span<int> Sessions => _sessions.Length == 0 ? default : _sessions.AsSpan(0, Count);

    /// <summary>Empties it and makes room for so many.</summary>
    public void Reserve(int count, bool ranks, bool sessions)
    {
        Count = 0;
        Reserve(ref _times, count);
        Reserve(ref _people, count);
        Reserve(ref _masks, count);
        if (ranks) Reserve(ref _ranks, count);
        if (sessions) Reserve(ref _sessions, count);
    }

    /// <summary>Adds one; its rank and session are set at the place returned.</summary>
    public int Add(long time, int person, uint mask)
    {
        var at = Count++;
        (_times[at], _people[at], _masks[at]) = (time, person, mask);
        return at;
    }

    public void SetRank(int at, int rank) => _ranks[at] = rank;

    public void SetSession(int at, int session) => _sessions[at] = session;

    public void Dispose()
    {
        Return(ref _times);
        Return(ref _people);
        Return(ref _masks);
        Return(ref _ranks);
        Return(ref _sessions);
    }

    private static void Reserve<T>(ref T[] array, int count)
    {
        if (array.Length >= count) return;
        Return(ref array);
        array = ArrayPool<T>.Shared.Rent(count);
    }

    private static void Return<T>(ref T[] array)
    {
        if (array.Length > 0) ArrayPool<T>.Shared.Return(array);
        array = [];
    }
}
