using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nimbus.QueryService.Querying;

/// <summary>A JSON value as PostgreSQL wrote it, passed on unread, so that numbers keep every digit.</summary>
/// <param name="Text">One valid JSON value.</param>
[JsonConverter(typeof(RawJsonConverter))]
public readonly record struct RawJson(string Text);

/// <summary>A JSON number as PostgreSQL wrote it.</summary>
/// <param name="Text">One valid JSON number; it may exceed a double in digits and in size.</param>
[JsonConverter(typeof(RawNumberConverter))]
public readonly record struct RawNumber(string Text)
{
    public static RawNumber Zero { get; } = new("0");
}

// Parsing and writing again would also run into the serializer's depth limit: properties may be 64 levels deep.
internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonElement.ParseValue(ref reader).GetRawText());

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Text, skipInputValidation: true);
}

internal sealed class RawNumberConverter : JsonConverter<RawNumber>
{
    public override RawNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonElement.ParseValue(ref reader).GetRawText());

    public override void Write(Utf8JsonWriter writer, RawNumber value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Text, skipInputValidation: true);
}
