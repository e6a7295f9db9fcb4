using System.Numerics;

namespace Nimbus.QueryService.Measures;

/// <summary>Which people are in which places (groups): as bits where there are many, as a list of both where there are few. Never changes.</summary>
internal sealed class PlacedPeople
{
    private readonly ulong[]? _bits;
    private readonly int _words;
    private readonly long[]? _members;

    private PlacedPeople(ulong[]? bits, int words, long[]? members) => (_bits, _words, _members) = (bits, words, members);

    public long Bytes => ((_bits?.Length ?? 0) + (_members?.Length ?? 0)) * 8L;

    /// <param name="words">So many of the bits belong to each place; none where the project has no people.</param>
    public static PlacedPeople OfBits(ReadOnlySpan<ulong> bits, int words) =>
        words == 0 ? OfMembers([]) : new(bits.ToArray(), words, null);

    /// <param name="members">Ascending and each once, as <see cref="Member"/> makes them.</param>
    public static PlacedPeople OfMembers(long[] members) => new(null, 0, members);

    public static long Member(int place, int person) => ((long)place << 32) | (uint)person;

    /// <summary>Of several sets of people how many there are in each place.</summary>
    /// <param name="words">Room for everybody, so many bits by 64.</param>
    /// <param name="maxBits">Bits that may be used; past this it is done by sorting.</param>
    public static long[] Count(IReadOnlyCollection<PlacedPeople> sets, int places, int words, long maxBits, Action<long> take)
    {
        var counts = new long[places];
        if ((long)places * words * 64 <= maxBits)
        {
            take((long)places * words * 8);
            var bits = new ulong[places * words];
            foreach (var set in sets) set.AddTo(bits, words);
            for (var place = 0; place < places; place++) counts[place] = CountBits(bits.AsSpan(place * words, words));
            return counts;
        }
        var all = sets.SelectMany(set => set.Members()).ToArray();
        take(all.Length * 8L);
        Array.Sort(all);
        for (var i = 0; i < all.Length; i++)
            if (i == 0 || all[i] != all[i - 1]) counts[all[i] >> 32]++;
        return counts;
    }

    /// <summary>Adds the people to bits of as many places or more.</summary>
    public void AddTo(Span<ulong> bits, int words)
    {
        if (_members is not null)
        {
            foreach (var member in _members)
                bits[((int)(member >> 32) * words) + ((int)member >> 6)] |= 1UL << (int)member;
            return;
        }
        for (var place = 0; place < _bits!.Length / _words; place++)
            Or(_bits.AsSpan(place * _words, _words), bits.Slice(place * words, words));
    }

    public static long CountBits(ReadOnlySpan<ulong> bits)
    {
        long count = 0;
        foreach (var word in bits) count += BitOperations.PopCount(word);
        return count;
    }

    /// <param name="to">As long or longer.</param>
    public static void Or(ReadOnlySpan<ulong> from, Span<ulong> to)
    {
        var i = 0;
        for (var width = Vector<ulong>.Count; i + width <= from.Length; i += width)
            (new Vector<ulong>(from[i..]) | new Vector<ulong>(to[i..])).CopyTo(to[i..]);
        for (; i < from.Length; i++) to[i] |= from[i];
    }

    private IEnumerable<long> Members()
    {
        if (_members is not null)
        {
            foreach (var member in _members) yield return member;
            yield break;
        }
        for (var word = 0; word < _bits!.Length; word++)
            for (var rest = _bits[word]; rest != 0; rest &= rest - 1)
                yield return Member(word / _words, (word % _words * 64) + BitOperations.TrailingZeroCount(rest));
    }
}
