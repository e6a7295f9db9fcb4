using System.Text;
using System.Text.Json;

namespace Nimbus.QueryService.Querying;

/// <summary>One text for one question, however its document is written.</summary>
internal static class QuestionText
{
    /// <summary>A document without spaces, its fields in order, null ones left out.</summary>
    /// <param name="without">Fields that are left out at the top.</param>
    public static string Of(JsonElement document, params ReadOnlySpan<string> without)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) Write(json, document, without);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value, ReadOnlySpan<string> without)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                // Of a field that is given twice the last one is read.
                var fields = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (var field in value.EnumerateObject()) fields[field.Name] = field.Value;
                foreach (var (name, field) in fields)
                {
                    if (field.ValueKind == JsonValueKind.Null && name != "group" || without.Contains(name)) continue;
                    json.WritePropertyName(name);
                    Write(json, field, []);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(json, item, []);
                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }
}
