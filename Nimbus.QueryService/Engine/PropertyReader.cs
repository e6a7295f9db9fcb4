namespace Nimbus.QueryService.Engine;

/// <summary>Reads the properties of events into codes of a project's columns. For one thread.</summary>
internal sealed class PropertyReader(ColumnSet columns)
{
    /// <summary>Objects deeper than this are not looked into.</summary>
    private const int MaxDepth = 4;

    private readonly Utf8Codes[] _keys = [new(), new()];
    private readonly List<Utf8Codes> _values = [];

    /// <summary>
    /// Sets the properties of the event that was added last. The members of an object in its context are columns too, <c>page.path</c>:
    /// SDKs nest there.
    /// </summary>
    /// <param name="json">The text of an object, as PostgreSQL writes it.</param>
    public void Read(ReadOnlySpan<byte> json, PropertySource source, RowBuffer rows)
    {
        if (json is [(byte)'{', ..])
            Read(json, source, rows, path: default, depth: 1);
    }

    /// <param name="path">The quoted key of the object, dots in between; empty for the outermost.</param>
    private void Read(ReadOnlySpan<byte> json, PropertySource source, RowBuffer rows, ReadOnlySpan<byte> path, int depth)
    {
        var members = new JsonMembers(json);
        while (members.Next())
        {
            var key = path.IsEmpty ? members.Key : [.. path[..^1], (byte)'.', .. members.Key[1..]];
            SetCode(key, members.Value, source, rows);
            // A key that has the dot itself is longer than what is before the dot, comes later from PostgreSQL, and so wins.
            if (source == PropertySource.Context && members.Value[0] == '{' && depth < MaxDepth)
                Read(members.Value, source, rows, key, depth + 1);
        }
    }

    private void SetCode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, PropertySource source, RowBuffer rows)
    {
        if (!_keys[(int)source].TryGet(key, out var column))
        {
            column = columns.Add(new PropertyKey(source, PropertyValue.OfJson(key).Text));
            _keys[(int)source].Set(key, column);
        }
        if (column < 0)
            return;
        while (_values.Count <= column)
            _values.Add(new Utf8Codes());
        if (!_values[column].TryGet(value, out var code))
        {
            code = columns[column].Values.Add(PropertyValue.OfJson(value));
            _values[column].Set(value, code);
        }
        rows.SetCode(column, code);
    }

    /// <summary>To be called when a column got another dictionary.</summary>
    public void Forget(int column)
    {
        if (column < _values.Count)
            _values[column] = new Utf8Codes();
    }
}
