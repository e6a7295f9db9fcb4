namespace Nimbus.QueryService.Engine;

/// <summary>
/// The ids of a project: key in the table ids → dense number, and whose it is. Snapshots share its arrays: what is appended
/// they do not see, and what changes is copied first. For one thread, but for <see cref="Find"/>.
/// </summary>
internal sealed class PeopleTable
{
    private const int Nobody = -1;
    private static long _versions = TimeProvider.System.GetUtcNow().Ticks;

    private readonly Dictionary<long, int> _dense = [];
    private readonly HashSet<long> _unknown = [];
    private HashSet<int> _erased = [];
    private long[] _keys = new long[16];
    private int[] _canonical = new int[16];
    private Guid[] _personIds = new Guid[16];
    private long[] _firstSeen = new long[16];
    private long _version = Interlocked.Increment(ref _versions);
    private bool _sharesCanonical;
    private bool _sharesPersonIds;
    private bool _sharesFirstSeen;
    private int _published;

    public int Count { get; private set; }

    /// <summary>About how much memory this holds.</summary>
    public long Bytes => (long)_keys.Length * 80;

    /// <summary>By dense number.</summary>
    public ReadOnlySpan<long> Keys => _keys.AsSpan(0, Count);

    /// <summary>The keys that have a number and are not <see cref="Set"/> yet.</summary>
    public IReadOnlyCollection<long> Unknown => _unknown;

    /// <summary>The number of an id, a new one when it has none.</summary>
    public int Dense(long key)
    {
        if (_dense.TryGetValue(key, out var dense))
            return dense;
        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Count * 2);
            Array.Resize(ref _canonical, Count * 2);
            Array.Resize(ref _personIds, Count * 2);
            Array.Resize(ref _firstSeen, Count * 2);
            _sharesCanonical = _sharesPersonIds = _sharesFirstSeen = false;
        }
        dense = Count++;
        (_keys[dense], _canonical[dense], _personIds[dense], _firstSeen[dense]) = (key, dense, Guid.Empty, long.MaxValue);
        lock (_dense)
            _dense.Add(key, dense);
        _unknown.Add(key);
        return dense;
    }

    /// <summary>The number of an id, -1 without one. For any thread.</summary>
    public int Find(long key)
    {
        lock (_dense)
            return _dense.TryGetValue(key, out var dense) ? dense : -1;
    }

    /// <summary>Says what the table ids says.</summary>
    /// <param name="canonical">A key; null for a protected id.</param>
    public void Set(long key, Guid personId, long? canonical, long firstSeenMs)
    {
        var dense = Dense(key);
        _unknown.Remove(key);
        SetCanonical(dense, canonical is { } other ? Dense(other) : Nobody);
        if (_personIds[dense] != personId)
            Own(ref _personIds, ref _sharesPersonIds, dense) = personId;
        if (_firstSeen[dense] != firstSeenMs)
            Own(ref _firstSeen, ref _sharesFirstSeen, dense) = firstSeenMs;
    }

    /// <summary>The table ids has no such key any more: whoever it was is erased, and their events are none.</summary>
    public void SetErased(long key)
    {
        _unknown.Remove(key);
        if (Find(key) is not (>= 0 and var dense))
            return;
        SetCanonical(dense, Nobody);
        _erased.Add(dense);
    }

    /// <summary>The dense numbers that <see cref="SetErased"/> was told of since this was called last.</summary>
    public HashSet<int> TakeErased()
    {
        var erased = _erased;
        _erased = [];
        return erased;
    }

    /// <summary>An event of the id at a time.</summary>
    public void See(int dense, long ms)
    {
        if (ms < _firstSeen[dense])
            Own(ref _firstSeen, ref _sharesFirstSeen, dense) = ms;
    }

    /// <summary>What it says now.</summary>
    public PersonMap ToMap()
    {
        _sharesCanonical = _sharesPersonIds = _sharesFirstSeen = true;
        _published = Count;
        return new PersonMap(Count, _canonical, _personIds, _firstSeen, _keys, _version, Find);
    }

    private void SetCanonical(int dense, int person)
    {
        if (_canonical[dense] == person)
            return;
        // What no snapshot has had is no change.
        if (dense < _published)
            _version = Interlocked.Increment(ref _versions);
        Own(ref _canonical, ref _sharesCanonical, dense) = person;
    }

    // Snapshots see what was there when they were made, and nothing behind it.
    private ref T Own<T>(ref T[] values, ref bool isShared, int dense)
    {
        if (isShared && dense < _published)
            (values, isShared) = ((T[])values.Clone(), false);
        return ref values[dense];
    }
}
