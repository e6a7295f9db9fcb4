using System.Globalization;
using System.Text.Json;
using Nimbus.Events;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility.Mixpanel;

/// <summary>Mixpanel's events in Nimbus's words.</summary>
internal static class MixpanelEvents
{
    private const long HourInMilliseconds = 60 * 60 * 1000;
    private const int LongestInsertId = 36;

    /// <summary>One element of <c>/track</c> or <c>/import</c>.</summary>
    /// <param name="isStrict">Whether Mixpanel's own rules for imports are kept as well.</param>
    public static SdkItem Read(JsonElement source, int index, bool isStrict, long receivedAt)
    {
        var e = new SdkEvent();
        return Fill(e, source, isStrict, receivedAt) is { } reason
            ? new SdkItem(index, source, null, reason)
            : new SdkItem(index, source, e, null);
    }

    /// <summary>The key in the element.</summary>
    public static string? Token(JsonElement source) => source.Field("properties").Text("token");

    private static DropReason? Fill(SdkEvent e, JsonElement source, bool isStrict, long receivedAt)
    {
        if (source.ValueKind != JsonValueKind.Object)
            return DropReason.InvalidEvent;
        if (source.Field("event").ValueKind != JsonValueKind.String || source.Text("event") is not { } name)
            return DropReason.InvalidName;
        var properties = source.Field("properties");
        var time = properties.Field("time");
        if (!SdkJson.TryTime(time, out var ts))
            return DropReason.InvalidTs;
        if (isStrict && StrictObjection(properties, ts, receivedAt) is { } reason)
            return reason;

        e.Name = name == "$mp_web_page_view" ? "$page" : name;
        e.Ts = ts;
        var ids = MixpanelIds.Of(properties.Field("distinct_id"), properties.Field("$device_id"), properties.Field("$user_id"));
        (e.UserId, e.AnonymousId) = (ids.UserId, ids.AnonymousId);
        e.Props = properties.Fields();
        e.Props.Remove("token");
        e.Props.Remove("time");
        e.Context = DeviceContext.Of(e.Props);
        if (properties.Text("$insert_id") is { } insertId)
        {
            // An insert id is unique only together with these.
            var day = DateTimeOffset.FromUnixTimeMilliseconds(ts ?? receivedAt).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            e.IdempotencyKey = SdkJson.Key("mp:", $"{name}:{properties.Text("distinct_id")}:{insertId}:{day}");
        }
        return name switch
        {
            "$identify" => Identify(e, properties),
            "$create_alias" => Alias(e, properties.Text("alias")),
            "$merge" => Merge(e, properties.Field("$distinct_ids")),
            _ => null,
        };
    }

    private static DropReason? Identify(SdkEvent e, JsonElement properties)
    {
        e.Type = EventType.Profile;
        // The browser sends as previous id whatever it was, also the user before on a shared device. With a device id beside
        // it, that one links; without, the previous id is all there is.
        e.AnonymousId ??= MixpanelIds.Device(properties.Text("$anon_distinct_id"));
        return e.UserId is null && e.AnonymousId is null ? DropReason.MissingId : null;
    }

    private static DropReason? Alias(SdkEvent e, string? alias)
    {
        e.Type = EventType.Alias;
        if (alias is null || (e.UserId ?? e.AnonymousId) is not { } id)
            return DropReason.MissingId;
        e.UserId = id;
        e.AnonymousId = e.AnonymousId == id ? null : e.AnonymousId;
        e.OtherId = MixpanelIds.Device(alias);
        return null;
    }

    private static DropReason? Merge(SdkEvent e, JsonElement ids)
    {
        e.Type = EventType.Alias;
        if (ids.ValueKind != JsonValueKind.Array || ids.GetArrayLength() != 2)
            return DropReason.MissingId;
        (e.UserId, e.OtherId, e.AnonymousId) = (MixpanelIds.Device(ids[0].Text()), MixpanelIds.Device(ids[1].Text()), null);
        return e.UserId is null || e.OtherId is null ? DropReason.MissingId : null;
    }

    private static DropReason? StrictObjection(JsonElement properties, long? ts, long receivedAt)
    {
        if (ts is null)
            return DropReason.MissingTs;
        if (ts > receivedAt + HourInMilliseconds)
            return DropReason.TsInFuture;
        if (!properties.Field("distinct_id").IsGiven())
            return DropReason.MissingId;
        if (properties.Text("distinct_id") is { } id && ProtectedIds.Contains(id))
            return DropReason.PlaceholderId;
        return properties.Text("$insert_id") is { Length: <= LongestInsertId } insertId
            && insertId.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? null : DropReason.InvalidInsertId;
    }
}
