namespace Nimbus.QueryService.Engine;

/// <summary>
/// Who the ids of a project's events are. Every id has a dense number from 0; ids of one person share a canonical one, which
/// is one of their own. As of the snapshot: links and merges hold for the whole past.
/// </summary>
public sealed class PersonMap
{
    private readonly int[] _canonical;
    private readonly Guid[] _personIds;
    private readonly long[] _firstSeen;
    private readonly long[] _keys;

    private readonly Func<long, int>? _find;

    /// <param name="keys">The keys of the ids in <c>ids</c> by dense number; ascending where <paramref name="find"/> is null.</param>
    /// <param name="find">Dense number by key, -1 without one; may know more than this map has.</param>
    internal PersonMap(
        int count, int[] canonical, Guid[] personIds, long[] firstSeen, long[] keys, long version, Func<long, int>? find = null)
    {
        (Count, _canonical, _personIds, _firstSeen, _keys, Version) = (count, canonical, personIds, firstSeen, keys, version);
        _find = find;
    }

    /// <summary>How many ids there are; one more than the largest dense number. There are at most that many people.</summary>
    public int Count { get; }

    /// <summary>
    /// Differs whenever the person of some id differs from what it was in a snapshot, and after a project was built anew, which
    /// numbers its ids differently. New ids alone do not change it.
    /// </summary>
    public long Version { get; }

    /// <summary>
    /// By dense number its person's; -1 for a protected id, which is nobody's. Its length is <see cref="Count"/>. Beware of
    /// -1 as an index: <see cref="BlockView.Persons"/> has it too.
    /// </summary>
    public ReadOnlySpan<int> CanonicalIds => _canonical.AsSpan(0, Count);

    /// <summary>The person of an id; -1 (nobody) of -1 and of protected ids.</summary>
    public int Canonical(int dense) => dense < 0 ? -1 : _canonical[dense];

    /// <summary>The dense number of an id by its key in <c>ids</c>; -1 where the snapshot has no such id.</summary>
    public int Dense(long key) =>
        (_find is null ? Array.BinarySearch(_keys, 0, Count, key) : _find(key)) is >= 0 and var dense && dense < Count ? dense : -1;

    /// <summary>The key of an id in <c>ids</c>.</summary>
    public long Key(int dense) => _keys[dense];

    /// <summary>The public id of a person.</summary>
    /// <param name="canonical">From <see cref="Canonical"/>, and not -1.</param>
    public Guid PersonId(int canonical) => _personIds[canonical];

    /// <summary>The smallest ts ever stored of one id, in Unix milliseconds; a person's is the smallest over their ids.</summary>
    public long FirstSeen(int dense) => _firstSeen[dense];

    /// <summary>By canonical number the smallest ts ever stored over all ids of the person; elsewhere long.MaxValue.</summary>
    public long[] FirstSeenOfPeople()
    {
        var first = new long[Count];
        Array.Fill(first, long.MaxValue);
        for (var dense = 0; dense < Count; dense++)
        {
            if (_canonical[dense] is >= 0 and var person)
                first[person] = Math.Min(first[person], _firstSeen[dense]);
        }
        return first;
    }
}
