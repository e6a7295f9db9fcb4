using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary>
/// Reads the import layout row by row. Columns are found by the names in the header, in any order; further ones are
/// ignored. A row that is bad is returned with its fault, and the next one is read as if nothing had been.
/// </summary>
internal sealed class CsvRowReader : IRowReader
{
    private static readonly string[] Columns = ["event_id", "occurred_at", "user_id", "event_type", "properties_json"];

    // A quote that is never closed would read the rest of the file as one field: end before memory does.
    private const int MaxFieldChars = 64 << 20;

    private readonly CsvParser _csv;
    private readonly int[] _places;
    private readonly int _fields;
    private bool _badQuotes;

    /// <exception cref="CliException">The header lacks a column.</exception>
    public CsvRowReader(TextReader text)
    {
        _csv = new CsvParser(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            BadDataFound = _ => _badQuotes = true,
            BufferSize = 64 << 10,
            MaxFieldSize = MaxFieldChars,
        });
        var header = Next() ? _csv.Record!.Select(name => name.Trim().ToLowerInvariant()).ToArray() : [];
        var missing = Columns.Except(header).ToArray();
        if (missing.Length > 0)
            throw new CliException($"the header lacks {string.Join(", ", missing)}; it must be {string.Join(',', Columns)}.");
        _fields = header.Length;
        _places = [.. Columns.Select(column => Array.IndexOf(header, column))];
    }

    /// <summary>Rows read or skipped so far, the header not counted.</summary>
    public long Rows { get; private set; }

    /// <summary>Passes over rows that an earlier run finished; false where the file has fewer.</summary>
    public bool Skip(long rows)
    {
        for (; Rows < rows; Rows++)
        {
            if (!Next())
                return false;
        }
        return true;
    }

    /// <summary>The next row; null at the end of the file.</summary>
    public SourceRow? Read()
    {
        _badQuotes = false;
        if (!Next())
            return null;
        Rows++;
        var fault = Fault(out var @event);
        var raw = _csv.RawRecord;
        return new SourceRow(FirstLine(raw), raw.Trim('\r', '\n'), fault is null ? @event : null, fault);
    }

    public void Dispose() => _csv.Dispose();

    private bool Next()
    {
        try
        {
            return _csv.Read();
        }
        catch (MaxFieldSizeException)
        {
            throw new CliException($"line {_csv.RawRow}: a field runs on without end; is a closing quote missing?");
        }
    }

    // The parser knows the row's last line. At a quote that is never closed, the file's last line end is in the field.
    private int FirstLine(ReadOnlySpan<char> raw)
    {
        var open = raw.Count('"') % 2 == 1 && _csv[_csv.Count - 1].EndsWith('\n');
        return _csv.RawRow - (open ? raw : raw.TrimEnd("\r\n")).Count('\n');
    }

    private string? Fault(out NimbusEvent? @event)
    {
        @event = null;
        if (_csv.Count != _fields)
            return $"has {_csv.Count} fields where the header has {_fields}";

        var (id, time, user, type, properties) =
            (_csv[_places[0]], _csv[_places[1]], _csv[_places[2]], _csv[_places[3]], _csv[_places[4]]);
        if (_badQuotes)
            return "has a quote inside a field that is not quoted, or text after a closing quote";
        if (string.IsNullOrWhiteSpace(id))
            return "event_id is empty: without one the event could be stored twice";
        if (string.IsNullOrWhiteSpace(type))
            return "event_type is empty";
        if (!EventTime.TryParse(time, out var occurredAt))
            return $"occurred_at '{Shortened(time)}' is no RFC 3339 time";
        if (JsonFault(properties) is { } jsonFault)
            return jsonFault;

        @event = new NimbusEvent(type)
        {
            IdempotencyKey = id,
            Timestamp = occurredAt,
            UserId = user.Length == 0 ? null : user,
            PropertiesJson = properties.Length == 0 ? null : properties,
        };
        return null;
    }

    private static string? JsonFault(string properties)
    {
        if (properties.Length == 0)
            return null;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(properties), new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return "properties_json is no JSON object";
            while (reader.Read())
            {
            }
            return null;
        }
        catch (JsonException e)
        {
            return $"properties_json is no JSON: {e.Message.Split(". LineNumber")[0]}";
        }
    }

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
