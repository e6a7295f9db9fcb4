using System.Runtime.InteropServices;

namespace Nimbus.QueryService.Measures;

/// <summary>
/// Counts the distinct people of one bucket after the other, in places, and of all buckets together. As bits where that is little
/// to clear and to count between buckets, else by sorting. For one thread.
/// </summary>
internal sealed class PeopleTally
{
    // Bits beyond this leave the processor's own memory, where sorting is as good.
    private const long MaxBits = 8L << 23;

    private readonly int _words;
    private readonly ulong[]? _bits;
    private readonly ulong[]? _all;
    private readonly List<long> _members = [];
    private readonly List<long> _allMembers = [];

    private PeopleTally(int words, int places, bool isDense)
    {
        (_words, Places) = (words, places);
        if (!isDense) return;
        _bits = new ulong[words * places];
        _all = new ulong[words * places];
    }

    /// <summary>Of bits; a list grows with them.</summary>
    public int Places { get; }

    public bool IsDense => _bits is not null;

    public long Bytes => ((_bits?.Length ?? 0) * 16L) + ((_members.Capacity + _allMembers.Capacity) * 8L);

    /// <param name="words">Room for everybody, so many bits by 64.</param>
    /// <param name="eventsPerBucket">About how many people are added to one bucket at most.</param>
    public static bool WantsBits(int words, int places, long eventsPerBucket) =>
        (long)words * places * 64 <= MaxBits && (long)words * places <= Math.Max(eventsPerBucket * 4, 1024);

    public static PeopleTally OfBits(int words, int places) => new(words, places, isDense: true);

    public static PeopleTally OfMembers() => new(0, 0, isDense: false);

    /// <summary>The bits of a place, for a loop that sets many.</summary>
    public Span<ulong> Bits(int place) => _bits.AsSpan(place * _words, _words);

    /// <summary>The bits of all places, by so many words each.</summary>
    public Span<ulong> AllBits => _bits;

    /// <summary>The bits of all buckets together, for those who are in no bucket.</summary>
    public Span<ulong> Everybody => _all;

    public void Add(int place, int person) => _members.Add(PlacedPeople.Member(place, person));

    /// <summary>To all buckets together and to none of them.</summary>
    public void AddToAll(int place, int person) => _allMembers.Add(PlacedPeople.Member(place, person));

    /// <summary>Ends a bucket.</summary>
    /// <param name="count">Told the place and how many people it has, where it has some.</param>
    /// <param name="keeps">Whether to return the people.</param>
    public PlacedPeople? EndBucket(Action<int, long> count, bool keeps)
    {
        PlacedPeople? kept;
        if (_bits is not null)
        {
            for (var place = 0; place < Places; place++)
                if (PlacedPeople.CountBits(Bits(place)) is > 0 and var people) count(place, people);
            PlacedPeople.Or(_bits, _all);
            kept = keeps ? PlacedPeople.OfBits(_bits, _words) : null;
            Array.Clear(_bits);
            return kept;
        }
        var members = Distinct(_members);
        foreach (var place in members.CountBy(member => (int)(member >> 32))) count(place.Key, place.Value);
        _allMembers.AddRange(members);
        kept = keeps ? PlacedPeople.OfMembers(members) : null;
        _members.Clear();
        return kept;
    }

    /// <summary>The people of all buckets since it was last asked.</summary>
    public PlacedPeople TakeAll()
    {
        PlacedPeople all;
        if (_all is not null)
        {
            all = PlacedPeople.OfBits(_all, _words);
            Array.Clear(_all);
            return all;
        }
        all = PlacedPeople.OfMembers(Distinct(_allMembers));
        _allMembers.Clear();
        return all;
    }

    private static long[] Distinct(List<long> members)
    {
        var sorted = CollectionsMarshal.AsSpan(members);
        sorted.Sort();
        var count = 0;
        for (var i = 0; i < sorted.Length; i++)
            if (i == 0 || sorted[i] != sorted[count - 1]) sorted[count++] = sorted[i];
        return sorted[..count].ToArray();
    }
}
