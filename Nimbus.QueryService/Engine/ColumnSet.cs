using System.Collections.Concurrent;

namespace Nimbus.QueryService.Engine;

/// <summary>The property columns of a project. Only ever grows; one thread adds, any may read.</summary>
internal sealed class ColumnSet
{
    public const int Max = 512;

    private readonly ConcurrentDictionary<PropertyKey, (int Id, ValueDictionary Values)> _columns = new();
    private readonly List<(PropertyKey Key, ValueDictionary Values)> _byId = [];

    public IReadOnlyCollection<PropertyKey> Keys => (IReadOnlyCollection<PropertyKey>)_columns.Keys;

    /// <summary>Some property had no place any more.</summary>
    public bool IsFull { get; set; }

    public int Count => _byId.Count;

    public (PropertyKey Key, ValueDictionary Values) this[int id] => _byId[id];

    public bool TryGet(PropertyKey key, out int id, out ValueDictionary values)
    {
        var found = _columns.TryGetValue(key, out var column);
        (id, values) = column;
        return found;
    }

    /// <summary>The id of the column, a new one when it has none; -1 when there is no place for one.</summary>
    public int Add(PropertyKey key)
    {
        if (_columns.TryGetValue(key, out var column))
            return column.Id;
        if (_byId.Count == Max)
        {
            IsFull = true;
            return -1;
        }
        var values = new ValueDictionary();
        _byId.Add((key, values));
        _columns[key] = (_byId.Count - 1, values);
        return _byId.Count - 1;
    }
}
