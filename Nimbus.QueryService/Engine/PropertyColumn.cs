namespace Nimbus.QueryService.Engine;

/// <summary>Which of an event's two JSON objects a property is in, or what else of the event's person it is.</summary>
public enum PropertySource : byte
{
    Props = 0,

    Context = 1,

    /// <summary>A trait of the person, as of the query; not set of events that are nobody's.</summary>
    Trait = 2,

    /// <summary>Whether the person is in the cohort of this id, true or false; nobody is in none.</summary>
    Cohort = 3,
}

/// <summary>Names a column: a key at the top level of its source; dots in it mean nothing.</summary>
public readonly record struct PropertyKey(PropertySource Source, string Key);

/// <summary>
/// The distinct values of a property, each under a code from 1; code 0 is an event that does not have it. Events carry codes
/// (<see cref="BlockView.Codes"/>), so a filter is decided once per value: <see cref="Match"/>.
/// </summary>
/// <remarks>
/// Of a property with very many values the codes become known only while blocks are read, and <see cref="CodeCount"/> grows:
/// size arrays by it after the scan, or grow them. <see cref="CodeSet"/> copes with that. Safe for several threads.
/// </remarks>
public sealed class PropertyColumn
{
    private readonly ValueDictionary _shared;
    private readonly int _sharedCount;
    private ValueDictionary? _own;

    internal PropertyColumn(int id, PropertyKey key, ValueDictionary shared)
    {
        (Id, Key, _shared, _sharedCount) = (id, key, shared, shared.Count);
    }

    /// <summary>A column of the events' people: see <see cref="PersonColumns"/>.</summary>
    internal PropertyColumn(int id, PropertyKey key, PersonCodes people)
        : this(id, key, people.Values)
    {
        People = people;
    }

    public PropertyKey Key { get; }

    /// <summary>Whose values these are when they are not the events' own.</summary>
    internal PersonCodes? People { get; }

    /// <summary>One more than the largest code there is so far.</summary>
    public int CodeCount => _sharedCount + (Volatile.Read(ref _own)?.Count - 1 ?? 0);

    /// <summary>The value behind a code; <see cref="PropertyValue.NotSet"/> of 0.</summary>
    public PropertyValue this[int code] =>
        code < _sharedCount ? _shared[code] : _own![code - _sharedCount + 1];

    internal int Id { get; }

    /// <summary>The codes below this are of the project's dictionary.</summary>
    internal int SharedCount => _sharedCount;

    /// <summary>The value as a number; NaN where it is none, and for code 0. Cheap enough for every event.</summary>
    public double Number(int code) =>
        code < _sharedCount ? _shared.Number(code) : _own!.Number(code - _sharedCount + 1);

    /// <summary>The codes whose value meets a condition, code 0 included where <see cref="PropertyValue.NotSet"/> does.</summary>
    /// <param name="condition">Called once per distinct value; must always answer the same.</param>
    public CodeSet Match(Func<PropertyValue, bool> condition) => new(this, condition);

    /// <summary>The code of a value that no shared dictionary has, known to this snapshot alone.</summary>
    internal int Intern(PropertyValue value)
    {
        if (value.Kind == ValueKind.NotSet)
            return 0;
        if (_shared.Find(value) is > 0 and var shared && shared < _sharedCount)
            return shared;
        var own = Volatile.Read(ref _own) ?? Interlocked.CompareExchange(ref _own, new ValueDictionary(), null) ?? _own!;
        return own.Add(value) + _sharedCount - 1;
    }
}
