using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility;

/// <summary>Reads the fields of SDK events, which are looser than those of the API.</summary>
internal static class SdkJson
{
    private const int LongestKey = 200;

    /// <summary>The property of an object, whichever value it has; undefined else.</summary>
    public static JsonElement Field(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) ? field : default;

    /// <summary>The text of a string or a number; null for all else and for the empty string, which means none as well.</summary>
    public static string? Text(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    public static string? Text(this JsonElement value, string name) => value.Field(name).Text();

    public static bool IsGiven(this JsonElement value) => value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static bool IsTrue(this JsonElement value) =>
        value.ValueKind == JsonValueKind.True || value.Text() is "1" or "true";

    /// <summary>The fields of an object; empty for all else. Of a name that occurs twice the last counts.</summary>
    public static Dictionary<string, JsonElement> Fields(this JsonElement value)
    {
        var fields = new Dictionary<string, JsonElement>();
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in value.EnumerateObject())
                fields[field.Name] = field.Value;
        }
        return fields;
    }

    /// <summary>An object of what is given.</summary>
    public static JsonElement ObjectOf(IEnumerable<KeyValuePair<string, JsonElement>> fields) =>
        JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement>(fields));

    public static JsonElement Of(string text) => JsonSerializer.SerializeToElement(text);

    /// <summary>
    /// A time in Unix milliseconds: ISO 8601 with or without fraction and zone, or a number, also in quotes, which means
    /// seconds below 10^11 and milliseconds above. Null where it is absent.
    /// </summary>
    /// <returns>False where it is there and no time.</returns>
    public static bool TryTime(JsonElement value, out long? unixMilliseconds)
    {
        unixMilliseconds = null;
        if (value.Text() is not { } text)
            return !value.IsGiven() || value.ValueKind == JsonValueKind.String;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            var milliseconds = Math.Abs(number) < 1e11 ? number * 1000 : number;
            if (!(Math.Abs(milliseconds) < 8e15))
                return false;
            unixMilliseconds = (long)Math.Floor(milliseconds + 0.001);
            return true;
        }
        if (EventTime.TryParse(text, out var exact))
        {
            unixMilliseconds = exact;
            return true;
        }
        if (!DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return false;
        unixMilliseconds = time.ToUnixTimeMilliseconds();
        return true;
    }

    /// <summary>An idempotency key; where it would be too long, a hash of it under the same prefix.</summary>
    public static string Key(string prefix, string rest)
    {
        var key = prefix + rest;
        return key.Length <= LongestKey
            ? key
            : prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rest)));
    }
}
