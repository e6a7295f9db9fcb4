using System.Text.Json;
using Nimbus.Events;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility.Mixpanel;

/// <summary>Mixpanel's updates of people and groups. They are no events: they only change what is known.</summary>
internal static class MixpanelProfiles
{
    /// <summary>The key in the element.</summary>
    public static string? Token(JsonElement source) => source.Text("$token");

    /// <summary>One element of <c>/engage</c>.</summary>
    public static SdkItem ReadPerson(JsonElement source, int index)
    {
        var e = new SdkEvent { Type = EventType.Profile };
        var ids = MixpanelIds.Of(source.Field("$distinct_id"), source.Field("$device_id"), source.Field("$user_id"));
        (e.UserId, e.AnonymousId) = (ids.UserId, ids.AnonymousId);
        if (e.UserId is null && e.AnonymousId is null)
            return new SdkItem(index, source, null, DropReason.MissingId);
        return Read(source, index, e, e.Update.Person);
    }

    /// <summary>One element of <c>/groups</c>.</summary>
    public static SdkItem ReadGroup(JsonElement source, int index)
    {
        if (source.Text("$group_key") is not { } type || source.Text("$group_id") is not { } id)
            return new SdkItem(index, source, null, DropReason.MissingId);
        var e = new SdkEvent { Type = EventType.Group };
        var group = new GroupUpdate(type, id, IsMembership: false);
        e.Update.Groups.Add(group);
        return Read(source, index, e, group.Operations);
    }

    private static SdkItem Read(JsonElement source, int index, SdkEvent e, Dictionary<string, JsonElement> operations)
    {
        if (!SdkJson.TryTime(source.Field("$time"), out var ts))
            return new SdkItem(index, source, null, DropReason.InvalidTs);
        e.Ts = ts;
        foreach (var operation in (string[])["set", "add", "append", "union", "remove"])
            ProfileUpdate.Add(operations, operation, Only(source.Field("$" + operation), JsonValueKind.Object));
        // The browser sends its whole list of campaign fields, most of them null.
        ProfileUpdate.Add(
            operations, "set_once", SdkJson.ObjectOf(source.Field("$set_once").Fields().Where(field => field.Value.IsGiven())));
        var unset = source.Field("$unset");
        ProfileUpdate.Add(
            operations, "unset", unset.Text() is { } name ? JsonSerializer.SerializeToElement(new[] { name }) : Only(unset, JsonValueKind.Array));
        if (source.ValueKind == JsonValueKind.Object && source.TryGetProperty("$delete", out _))
            operations["delete"] = JsonSerializer.SerializeToElement(true);
        // An update that names an operation and changes nothing by it is fine.
        var hasOperation = source.ValueKind == JsonValueKind.Object && source.EnumerateObject().Any(field => Operations.Contains(field.Name));
        return hasOperation ? new SdkItem(index, source, e, null) : new SdkItem(index, source, null, DropReason.InvalidUpdate);
    }

    private static readonly HashSet<string> Operations =
        ["$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete"];

    private static JsonElement Only(JsonElement value, JsonValueKind kind) => value.ValueKind == kind ? value : default;
}
