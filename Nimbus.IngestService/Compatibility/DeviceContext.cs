using System.Text.Json;

namespace Nimbus.IngestService.Compatibility;

/// <summary>
/// The context of SDKs that keep it among the properties. It stays there as well: this only puts it under the names that
/// events of all SDKs have it by.
/// </summary>
internal static class DeviceContext
{
    private static readonly (string Property, string Section, string Field)[] Places =
    [
        ("$os", "os", "name"), ("$os_version", "os", "version"),
        ("$browser", "browser", "name"), ("$browser_version", "browser", "version"),
        ("$device", "device", "name"), ("$device_type", "device", "type"),
        ("$manufacturer", "device", "manufacturer"), ("$model", "device", "model"),
        ("$screen_width", "screen", "width"), ("$screen_height", "screen", "height"),
        ("$current_url", "page", "url"), ("$pathname", "page", "path"), ("$referrer", "page", "referrer"),
        ("utm_source", "campaign", "source"), ("utm_medium", "campaign", "medium"), ("utm_campaign", "campaign", "name"),
        ("utm_term", "campaign", "term"), ("utm_content", "campaign", "content"),
        ("mp_lib", "library", "name"), ("$lib", "library", "name"),
        ("mp_sent_by_lib_version", "library", "version"), ("$lib_version", "library", "version"),
        ("$session_id", "session", "id"),
    ];

    private static readonly (string Property, string Field)[] Plain =
    [
        ("ip", "ip"), ("$ip", "ip"), ("$timezone", "timezone"), ("$browser_language", "locale"), ("$raw_user_agent", "userAgent"),
    ];

    /// <summary>What the properties tell of device, page and library.</summary>
    public static Dictionary<string, JsonElement> Of(Dictionary<string, JsonElement> props)
    {
        var sections = new Dictionary<string, Dictionary<string, JsonElement>>();
        foreach (var (property, section, field) in Places)
        {
            if (!props.TryGetValue(property, out var value) || !value.IsGiven())
                continue;
            if (!sections.TryGetValue(section, out var fields))
                sections[section] = fields = [];
            fields[field] = value;
        }
        var context = sections.ToDictionary(section => section.Key, section => SdkJson.ObjectOf(section.Value));
        foreach (var (property, field) in Plain)
        {
            if (props.TryGetValue(property, out var value) && value.ValueKind == JsonValueKind.String)
                context[field] = value;
        }
        return context;
    }
}
