using System.Text.Json;

namespace Nimbus.IngestService.Compatibility.Mixpanel;

/// <summary>Who a Mixpanel element is about.</summary>
internal readonly record struct MixpanelIds(string? UserId, string? AnonymousId)
{
    private const string DevicePrefix = "$device:";

    /// <summary>
    /// A user id where the SDK says so; else the distinct id, which is a device's where it has the prefix or equals the device
    /// id (old browsers send it bare).
    /// </summary>
    public static MixpanelIds Of(JsonElement distinctId, JsonElement deviceId, JsonElement userId)
    {
        var id = distinctId.Text();
        var device = Device(deviceId.Text());
        if (userId.Text() is { } user)
            return new MixpanelIds(user, device);
        if (id is null)
            return new MixpanelIds(null, device);
        if (IsDevice(id) || id == device)
            return new MixpanelIds(null, device ?? Device(id));
        return new MixpanelIds(id, device);
    }

    public static bool IsDevice(string id) => id.StartsWith(DevicePrefix, StringComparison.Ordinal);

    /// <summary>The id without the mark of a device.</summary>
    public static string? Device(string? id) => id is null || !IsDevice(id) ? id : id[DevicePrefix.Length..] is { Length: > 0 } bare ? bare : null;
}
