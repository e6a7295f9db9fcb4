namespace Nimbus.QueryService.Engine;

/// <summary>The columns as a snapshot has them: its dictionaries may grow, but never lose a code.</summary>
internal sealed record ColumnView(
    IReadOnlyDictionary<PropertyKey, int> Ids, IReadOnlyList<ValueDictionary> Values, bool IsFull)
{
    public PropertyColumn Open(PropertyKey key, int id) => new(id, key, Values[id]);
}

/// <summary>A column and its dictionary.</summary>
internal sealed class ColumnEntry(PropertyKey key)
{
    public PropertyKey Key => key;

    public ValueDictionary Values { get; set; } = new();

    /// <summary>The codes below this may be in files, so they keep their values.</summary>
    public int FiledCount { get; set; } = 1;
}

/// <summary>The property columns of a project. For one thread; snapshots have a <see cref="ColumnView"/>.</summary>
internal sealed class ColumnSet
{
    public const int Max = 512;

    private readonly Dictionary<PropertyKey, int> _ids = [];
    private readonly List<ColumnEntry> _byId = [];
    private ColumnView? _view;

    /// <summary>Some property had no place any more.</summary>
    public bool IsFull { get; private set; }

    public int Count => _byId.Count;

    public ColumnEntry this[int id] => _byId[id];

    /// <summary>The id of the column, a new one when it has none; -1 when there is no place for one.</summary>
    public int Add(PropertyKey key)
    {
        if (_ids.TryGetValue(key, out var id))
            return id;
        _view = null;
        if (_byId.Count == Max)
        {
            SetFull();
            return -1;
        }
        _byId.Add(new ColumnEntry(key));
        _ids[key] = _byId.Count - 1;
        return _byId.Count - 1;
    }

    public void SetFull() => (IsFull, _view) = (true, null);

    /// <summary>Gives a column another dictionary; snapshots keep the one they have.</summary>
    public void Replace(int id, ValueDictionary values) => (_byId[id].Values, _view) = (values, null);

    /// <summary>The column with the codes it has now.</summary>
    public PropertyColumn Open(int id) => new(id, _byId[id].Key, _byId[id].Values);

    public ColumnView View() => _view ??= new ColumnView(
        new Dictionary<PropertyKey, int>(_ids), [.. _byId.Select(column => column.Values)], IsFull);
}
