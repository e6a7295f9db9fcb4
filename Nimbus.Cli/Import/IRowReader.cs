namespace Nimbus.Cli.Import;

/// <summary>Reads a file of one kind row by row. A row that is bad is returned with its fault, and the next one is read.</summary>
internal interface IRowReader : IDisposable
{
    /// <summary>Rows read or skipped so far.</summary>
    long Rows { get; }

    /// <summary>Passes over rows that an earlier run finished; false where the file has fewer.</summary>
    bool Skip(long rows);

    /// <summary>The next row; null at the end of the file.</summary>
    /// <exception cref="CliException">The file cannot be read on.</exception>
    SourceRow? Read();
}

/// <summary>Tells by its first character what a file holds.</summary>
internal static class RowReader
{
    /// <exception cref="CliException">It is of no kind that can be imported.</exception>
    public static IRowReader Of(TextReader text) => text.Peek() switch
    {
        '{' => new JsonRowReader(text),
        '[' => throw new CliException("the file is a JSON array; it must have one event a line (jq -c '.[]' makes it so)."),
        _ => new CsvRowReader(text),
    };
}
