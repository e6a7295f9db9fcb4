using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nimbus.QueryService.Events;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Export;

/// <summary>One event as a line of an export.</summary>
internal static class ExportLine
{
    private const string CsvHeader = "event_id,occurred_at,user_id,event_type,properties_json\n";

    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    // Nobody makes HTML of these bytes: letters keep their own form.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void WriteCsvHeader(IBufferWriter<byte> output) => Encoding.UTF8.GetBytes(CsvHeader, output);

    public static void Write(IBufferWriter<byte> output, ExportFormat format, EventResult e)
    {
        if (format == ExportFormat.Csv)
        {
            Encoding.UTF8.GetBytes(Csv(e), output);
            return;
        }
        using (var json = new Utf8JsonWriter(output, Json))
            JsonSerializer.Serialize(json, e, JsonConventions.Options);
        output.Write("\n"u8);
    }

    /// <summary>The id is the event's own where it has no key, so that importing the line twice stores it once.</summary>
    private static string Csv(EventResult e) => string.Join(
        ',',
        Field(e.IdempotencyKey ?? e.Id.ToString()),
        e.Ts.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        Field(e.UserId ?? ""),
        Field(e.Name),
        Field(e.Props.Text)) + "\n";

    private static string Field(string text) =>
        text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
