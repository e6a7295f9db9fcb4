using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Measures;

/// <summary>What events are split by: the values of a property, or their names.</summary>
internal sealed class GroupColumn
{
    private readonly PropertyColumn? _column;
    private readonly IReadOnlyList<string?>? _names;

    /// <param name="column">Null where no event has the property: all are in the group of those without it.</param>
    private GroupColumn(PropertyColumn? column, IReadOnlyList<string?>? names) => (_column, _names) = (column, names);

    /// <summary>One more than the largest code there is so far.</summary>
    public int CodeCount => _names?.Count ?? _column?.CodeCount ?? 1;

    /// <summary>Codes mean the same in every snapshot that reads the same segment.</summary>
    public bool IsOfEvents => _column is null || _column.Key.Source is PropertySource.Props or PropertySource.Context;

    public PropertyValue this[int code] => _names is not null ? PropertyValue.Of(_names[code] ?? "")
        : _column is null ? PropertyValue.NotSet : _column[code];

    public static GroupColumn OfNames(ProjectSnapshot snapshot) => new(null, snapshot.Names);

    public static GroupColumn? Of(GroupKey? group, ProjectSnapshot snapshot) =>
        group is null ? null : new GroupColumn(snapshot.Column(group.Source, group.Key), null);

    /// <summary>Empty where every event has code 0.</summary>
    public ReadOnlySpan<int> Codes(BlockView view) => _names is not null ? view.Names : _column is null ? default : view.Codes(_column);

    /// <summary>No codes become known while blocks are read.</summary>
    public bool IsFixed(Stretch stretch) => _column is null || !stretch.IsRaw(_column);

    /// <summary>The order in which ties between values are broken.</summary>
    public ValueRanks Ranks() => new(_column);
}
