using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nimbus.QueryService.Querying;

/// <summary>Writes times as <c>2026-03-01T12:00:00.000Z</c>: UTC, and always three digits, as they are kept.</summary>
internal sealed class UtcMilliseconds : JsonConverter<DateTime>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTime().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToUniversalTime().ToString(Format, CultureInfo.InvariantCulture));
}
