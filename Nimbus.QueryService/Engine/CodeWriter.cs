namespace Nimbus.QueryService.Engine;

/// <summary>
/// Decides for one file what becomes of the codes that events have of properties: codes of the project's dictionary, or, where
/// more than half of the values are distinct, the values themselves.
/// </summary>
internal sealed class CodeWriter(ColumnSet columns)
{
    private readonly Dictionary<int, PropertyColumn> _opened = [];

    /// <summary>The columns that are written as values.</summary>
    public HashSet<int> RawColumns { get; } = [];

    /// <summary>The column as this file's blocks are read with it.</summary>
    public PropertyColumn Column(int id)
    {
        if (!_opened.TryGetValue(id, out var column))
            _opened.Add(id, column = columns.Open(id));
        return column;
    }

    /// <summary>Looks at what is to be written. A file of late events goes without, so that it has codes alone.</summary>
    /// <param name="maxDistinctValues">Fewer values in all are a dictionary's, whatever their share.</param>
    public CodeWriter Choose(IReadOnlyCollection<EventBlock> blocks, int maxDistinctValues)
    {
        var candidates = blocks.SelectMany(block => block.Source.Columns).Distinct()
            .Where(id => columns[id].Values.Count > maxDistinctValues || blocks.Any(block => block.Source.IsRaw(id))).ToList();
        foreach (var id in candidates)
        {
            var (seen, distinct, events) = (new bool[Column(id).CodeCount], 0, 0L);
            int[]? scratch = null;
            foreach (var block in blocks)
            {
                foreach (var code in block.Source.Codes(id, Column(id), ref scratch).Slice(block.Start, block.Count))
                {
                    if (code == 0)
                        continue;
                    events++;
                    if (code >= seen.Length)
                        Array.Resize(ref seen, Math.Max(code + 1, seen.Length * 2));
                    distinct += seen[code] ? 0 : 1;
                    seen[code] = true;
                }
            }
            if (distinct * 2L > events)
                RawColumns.Add(id);
        }
        return this;
    }

    /// <summary>The codes as the file has them; from now on the dictionary keeps them.</summary>
    public ReadOnlySpan<int> Filed(int id, Span<int> codes)
    {
        var (column, entry) = (Column(id), columns[id]);
        var largest = 0;
        for (var i = 0; i < codes.Length; i++)
        {
            // Known to this column alone: it was written as a value before, and is to be a code now.
            if (codes[i] >= column.SharedCount)
                codes[i] = entry.Values.Add(column[codes[i]]);
            largest = Math.Max(largest, codes[i]);
        }
        entry.FiledCount = Math.Max(entry.FiledCount, largest + 1);
        return codes;
    }
}
