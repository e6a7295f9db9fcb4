using System.Text.Json;

namespace Nimbus.Cli.Import;

/// <summary>Reads JSON lines: an event each, as <see cref="JsonEvent"/> understands it. Blank lines are passed over.</summary>
internal sealed class JsonRowReader(TextReader text) : IRowReader
{
    private const int MaxLineChars = 64 << 20;

    // What the server takes, and the event around it.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 65 };

    private readonly LineReader _lines = new(text, MaxLineChars);

    public long Rows { get; private set; }

    public bool Skip(long rows)
    {
        for (; Rows < rows; Rows++)
        {
            if (Next() is null)
                return false;
        }
        return true;
    }

    public SourceRow? Read()
    {
        if (Next() is not { } line)
            return null;
        Rows++;
        try
        {
            using var json = JsonDocument.Parse(line, Options);
            var @event = JsonEvent.Read(json.RootElement, Rows, out var fault);
            return new SourceRow(_lines.Number, line, fault is null ? @event : null, fault);
        }
        catch (JsonException e)
        {
            return new SourceRow(_lines.Number, line, null, $"is no JSON: {e.Message.Split(" LineNumber")[0]}");
        }
        catch (InvalidOperationException)
        {
            // What the JSON library says of a surrogate without its other half.
            return new SourceRow(_lines.Number, line, null, "has text that is no Unicode");
        }
    }

    public void Dispose() => text.Dispose();

    private string? Next()
    {
        string? line;
        do
            line = _lines.Read();
        while (line is not null && string.IsNullOrWhiteSpace(line));
        return line;
    }
}
