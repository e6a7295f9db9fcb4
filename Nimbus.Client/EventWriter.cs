using System.Collections;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nimbus.Client;

/// <summary>Writes an event as the JSON that <c>POST /v1/events</c> takes.</summary>
internal static class EventWriter
{
    // No HTML is made of these bytes: leaving quotes' and letters' own form keeps bodies small.
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Write(Utf8JsonWriter json, NimbusEvent @event)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, @event.Name);
        if (@event.Timestamp is { } timestamp)
            json.WriteString("ts"u8, timestamp.UtcDateTime);
        if (@event.UserId is { } userId)
            json.WriteString("user_id"u8, userId);
        if (@event.AnonymousId is { } anonymousId)
            json.WriteString("anonymous_id"u8, anonymousId);
        json.WriteString("idempotency_key"u8, @event.IdempotencyKey ?? Guid.CreateVersion7().ToString());
        if (@event.Seq is { } seq)
            json.WriteNumber("seq"u8, seq);
        WriteDetails(json, "props"u8, @event.PropertiesJson, @event.Properties);
        WriteDetails(json, "context"u8, @event.ContextJson, @event.Context);
        json.WriteEndObject();
    }

    private static void WriteDetails(
        Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text, IReadOnlyDictionary<string, object?>? values)
    {
        if (text is not null)
        {
            // Through bytes: half a surrogate pair becomes U+FFFD, as the server would have it, not an exception.
            var bytes = Encoding.UTF8.GetBytes(text);
            if (!bytes.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8))
                throw new JsonException($"{Encoding.UTF8.GetString(name)} is no JSON object.");
            json.WritePropertyName(name);
            json.WriteRawValue(bytes);
        }
        else if (values is not null)
        {
            json.WritePropertyName(name);
            WriteObject(json, values);
        }
    }

    private static void WriteObject(Utf8JsonWriter json, IReadOnlyDictionary<string, object?> values)
    {
        json.WriteStartObject();
        foreach (var (key, value) in values)
        {
            json.WritePropertyName(key);
            WriteValue(json, value);
        }
        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case uint number: json.WriteNumberValue(number); break;
            case short number: json.WriteNumberValue(number); break;
            case byte number: json.WriteNumberValue(number); break;
            case DateTimeOffset time: json.WriteStringValue(time.UtcDateTime); break;
            case DateTime time: json.WriteStringValue(time); break;
            case DateOnly date: json.WriteStringValue(date.ToString("O")); break;
            case Guid id: json.WriteStringValue(id); break;
            case Uri address: json.WriteStringValue(address.OriginalString); break;
            case JsonElement element: element.WriteTo(json); break;
            case IReadOnlyDictionary<string, object?> values: WriteObject(json, values); break;
            case IEnumerable items:
                json.WriteStartArray();
                foreach (var item in items)
                    WriteValue(json, item);
                json.WriteEndArray();
                break;
            default:
                throw new NotSupportedException($"A property cannot be {value} ({value.GetType().Name}).");
        }
    }
}
