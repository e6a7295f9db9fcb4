namespace Nimbus.QueryService.Engine;

/// <summary>Reads the properties of events into codes of a project's columns. For one thread.</summary>
internal sealed class PropertyReader(ColumnSet columns)
{
    private readonly Utf8Codes[] _keys = [new(), new()];
    private readonly List<Utf8Codes> _values = [];

    /// <summary>Sets the properties of the event that was added last.</summary>
    /// <param name="json">The text of an object, as PostgreSQL writes it.</param>
    public void Read(ReadOnlySpan<byte> json, PropertySource source, RowBuffer rows)
    {
        if (json is not [(byte)'{', ..])
            return;
        var members = new JsonMembers(json);
        while (members.Next())
        {
            if (!_keys[(int)source].TryGet(members.Key, out var column))
            {
                column = columns.Add(new PropertyKey(source, PropertyValue.OfJson(members.Key).Text));
                _keys[(int)source].Set(members.Key, column);
            }
            if (column < 0)
                continue;
            while (_values.Count <= column)
                _values.Add(new Utf8Codes());
            if (!_values[column].TryGet(members.Value, out var code))
            {
                code = columns[column].Values.Add(PropertyValue.OfJson(members.Value));
                _values[column].Set(members.Value, code);
            }
            rows.SetCode(column, code);
        }
    }

    /// <summary>To be called when a column got another dictionary.</summary>
    public void Forget(int column)
    {
        if (column < _values.Count)
            _values[column] = new Utf8Codes();
    }
}
