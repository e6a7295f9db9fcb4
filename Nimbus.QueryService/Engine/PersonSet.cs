using System.Numerics;

namespace Nimbus.QueryService.Engine;

/// <summary>Some of a snapshot's people: a bit for each canonical number.</summary>
internal sealed class PersonSet
{
    private static readonly PropertyValue False = PropertyValue.OfJson("false");
    private static readonly PropertyValue True = PropertyValue.OfJson("true");
    private readonly ulong[] _bits;

    private PersonSet(ulong[] bits) => _bits = bits;

    /// <summary>Nobody, as yet.</summary>
    public PersonSet(PersonMap people) => _bits = new ulong[(people.Count + 63) / 64];

    public long Count => _bits.Sum(word => (long)BitOperations.PopCount(word));

    public long Bytes => _bits.LongLength * sizeof(ulong);

    /// <summary>Everybody that the project knows.</summary>
    public static PersonSet Everybody(PersonMap people)
    {
        var all = new PersonSet(people);
        var canonical = people.CanonicalIds;
        for (var dense = 0; dense < canonical.Length; dense++)
            if (canonical[dense] == dense) all.Add(dense);
        return all;
    }

    public bool Contains(int canonical) =>
        (uint)canonical < (uint)_bits.Length << 6 && (_bits[canonical >> 6] >> canonical & 1) != 0;

    public void Add(int canonical) => _bits[canonical >> 6] |= 1UL << canonical;

    public PersonSet And(PersonSet other) => Joined(other, (a, b) => a & b);

    public PersonSet Or(PersonSet other) => Joined(other, (a, b) => a | b);

    public PersonSet Except(PersonSet other) => Joined(other, (a, b) => a & ~b);

    /// <summary>Canonical numbers, ascending.</summary>
    public IEnumerable<int> Members()
    {
        for (var word = 0; word < _bits.Length; word++)
            for (var rest = _bits[word]; rest != 0; rest &= rest - 1)
                yield return (word << 6) + BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>True of those in it and false of everybody else, as a column.</summary>
    public PersonCodes AsCodes(PersonMap people)
    {
        var values = new ValueDictionary();
        var (no, yes) = (values.Add(False), values.Add(True));
        var codes = new int[people.Count];
        var canonical = people.CanonicalIds;
        for (var dense = 0; dense < codes.Length; dense++)
            codes[dense] = Contains(canonical[dense]) ? yes : no;
        return new(values, codes, no);
    }

    private PersonSet Joined(PersonSet other, Func<ulong, ulong, ulong> join) =>
        new([.. _bits.Zip(other._bits, join)]);
}
