using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary>A line of Mixpanel's <c>/export</c>: <c>{"event": …, "properties": {"time": …, "distinct_id": …, "$insert_id": …, …}}</c>.</summary>
internal static class MixpanelEvent
{
    private const string DevicePrefix = "$device:";
    private const int LongestKey = 200;

    /// <summary>Whether it has nothing but an event and its properties, with Mixpanel's time among them.</summary>
    public static bool IsOne(JsonElement source)
    {
        var fields = 0;
        foreach (var field in source.EnumerateObject())
        {
            if (!field.NameEquals("event") && !field.NameEquals("properties"))
                return false;
            fields++;
        }
        return fields == 2
            && source.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            && properties.TryGetProperty("time", out _) && properties.TryGetProperty("distinct_id", out _);
    }

    /// <summary>The event in Nimbus's words, the same as when Mixpanel's SDKs send it here.</summary>
    public static NimbusEvent? Read(JsonElement source, long row, out string? fault)
    {
        var properties = source.GetProperty("properties");
        fault = null;
        if (source.GetProperty("event") is not { ValueKind: JsonValueKind.String } name || name.GetString() is not { Length: > 0 } text)
            fault = "has no event name";
        else if (!TryTime(properties.GetProperty("time"), out var time))
            fault = "has a time that is no Unix time";
        else
        {
            var (userId, deviceId) = Ids(properties);
            return new NimbusEvent(text == "$mp_web_page_view" ? "$page" : text)
            {
                Timestamp = time,
                UserId = userId,
                AnonymousId = deviceId,
                IdempotencyKey = Key(text, time, properties) ?? JsonEvent.KeyOf(source, row),
                PropertiesJson = Without(properties, "time", "token"),
            };
        }
        return null;
    }

    /// <summary>Seconds below 10^11, milliseconds above.</summary>
    private static bool TryTime(JsonElement value, out DateTimeOffset time)
    {
        time = default;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number))
            return false;
        var milliseconds = Math.Floor((Math.Abs(number) < 1e11 ? number * 1000 : number) + 0.001);
        if (!(milliseconds is >= 0 and < 2e14))
            return false;
        time = DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
        return true;
    }

    /// <summary>A user where Mixpanel says so; else the distinct id, which is a device's where it is marked or named as one.</summary>
    private static (string? UserId, string? DeviceId) Ids(JsonElement properties)
    {
        var id = Field(properties, "distinct_id");
        var device = Unmarked(Field(properties, "$device_id"));
        if (Field(properties, "$user_id") is { } user)
            return (user, device);
        if (id is null)
            return (null, device);
        var isDevice = id.StartsWith(DevicePrefix, StringComparison.Ordinal) || id == device;
        return isDevice ? (null, device ?? Unmarked(id)) : (id, device);
    }

    /// <summary>An insert id is unique only together with name, distinct id and day.</summary>
    private static string? Key(string name, DateTimeOffset time, JsonElement properties)
    {
        if (Field(properties, "$insert_id") is not { } insertId)
            return null;
        var day = time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var rest = $"{name}:{Field(properties, "distinct_id")}:{insertId}:{day}";
        return "mp:" + (rest.Length + 3 <= LongestKey ? rest : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rest))));
    }

    private static string? Field(JsonElement properties, string name) =>
        properties.TryGetProperty(name, out var value) ? JsonEvent.Text(value) : null;

    private static string? Unmarked(string? id) =>
        id is null || !id.StartsWith(DevicePrefix, StringComparison.Ordinal) ? id : id[DevicePrefix.Length..] is { Length: > 0 } bare ? bare : null;

    /// <summary>The object as text without some of its fields; the others keep theirs, and so every digit.</summary>
    private static string Without(JsonElement properties, params ReadOnlySpan<string> names)
    {
        var json = new StringBuilder("{");
        foreach (var field in properties.EnumerateObject())
        {
            if (names.Contains(field.Name))
                continue;
            json.Append(json.Length > 1 ? "," : "").Append(JsonSerializer.Serialize(field.Name)).Append(':').Append(field.Value.GetRawText());
        }
        return json.Append('}').ToString();
    }
}
