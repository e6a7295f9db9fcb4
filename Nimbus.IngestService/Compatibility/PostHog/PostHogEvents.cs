using System.Text.Json;
using Nimbus.Events;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility.PostHog;

/// <summary>What the events of a request have in common.</summary>
/// <param name="Skew">What to add to the device's times, in milliseconds.</param>
/// <param name="IsSent">Whether the request says when it was sent.</param>
internal readonly record struct PostHogEnvelope(long ReceivedAt, long Skew, bool IsSent);

/// <summary>PostHog's events in Nimbus's words.</summary>
internal static class PostHogEvents
{
    // What the browser SDK sends as everybody's id when it may keep none.
    private const string Cookieless = "$posthog_cookieless";

    public static SdkItem Read(JsonElement source, int index, PostHogEnvelope envelope)
    {
        var e = new SdkEvent();
        return Fill(e, source, envelope) is { } reason
            ? new SdkItem(index, source, null, reason)
            : new SdkItem(index, source, e, null);
    }

    /// <summary>The key in the event.</summary>
    public static string? Token(JsonElement source) =>
        source.Text("api_key") ?? source.Field("properties").Text("token") ?? source.Text("token");

    private static DropReason? Fill(SdkEvent e, JsonElement source, PostHogEnvelope envelope)
    {
        if (source.ValueKind != JsonValueKind.Object)
            return DropReason.InvalidEvent;
        if (source.Field("event").ValueKind != JsonValueKind.String || source.Text("event") is not { } name)
            return DropReason.InvalidName;
        var properties = source.Field("properties");
        if (!SetTime(e, source, properties, envelope))
            return DropReason.InvalidTs;

        e.Name = name == "$pageview" ? "$page" : name;
        e.Props = properties.Fields();
        e.Context = DeviceContext.Of(e.Props);
        e.Props.Remove("token");
        e.Props.Remove("distinct_id");
        if ((source.Text("uuid") ?? properties.Text("$insert_id")) is { } id)
            e.IdempotencyKey = SdkJson.Key("ph:", id);

        var distinctId = source.Text("distinct_id") ?? properties.Text("distinct_id");
        if (distinctId is null)
            return DropReason.MissingId;
        SetIds(e, distinctId, properties);
        if (properties.Field("$process_person_profile").ValueKind != JsonValueKind.False)
            SetUpdate(e, source, properties);
        return name switch
        {
            "$identify" => Identify(e, properties),
            "$set" => Profile(e),
            "$create_alias" => Alias(e, properties.Text("alias")),
            "$groupidentify" => Group(e, distinctId, properties),
            _ => null,
        };
    }

    private static bool SetTime(SdkEvent e, JsonElement source, JsonElement properties, PostHogEnvelope envelope)
    {
        // Older browser SDKs say how long before sending it was, and not when they sent.
        if (!envelope.IsSent && source.Field("offset") is { ValueKind: JsonValueKind.Number } offset && offset.TryGetDouble(out var before)
            && Math.Abs(before) < 8e15)
        {
            e.Ts = envelope.ReceivedAt - (long)before;
            return true;
        }
        if (!SdkJson.TryTime(source.Field("timestamp"), out var ts))
            return false;
        e.Ts = ts + (properties.Field("$ignore_sent_at").IsTrue() ? 0 : envelope.Skew);
        return true;
    }

    private static void SetIds(SdkEvent e, string distinctId, JsonElement properties)
    {
        var device = properties.Text("$device_id");
        e.AnonymousId = device == Cookieless ? null : device;
        if (distinctId != Cookieless && (properties.Text("$user_id") is not null || distinctId != device))
            e.UserId = distinctId;
    }

    private static void SetUpdate(SdkEvent e, JsonElement source, JsonElement properties)
    {
        foreach (var place in (JsonElement[])[properties, source])
        {
            AddObject(e, "set", place.Field("$set"));
            AddObject(e, "set_once", place.Field("$set_once"));
            if (place.Field("$unset") is { ValueKind: JsonValueKind.Array } unset)
                e.Update.Add("unset", unset);
        }
        foreach (var (type, key) in properties.Field("$groups").Fields())
        {
            if (key.Text() is { } id)
                e.Update.Groups.Add(new GroupUpdate(type, id, IsMembership: true));
        }
    }

    /// <summary>The object of the properties and that of the event together; the event's counts.</summary>
    private static void AddObject(SdkEvent e, string operation, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return;
        var fields = e.Update.Person.TryGetValue(operation, out var before) ? before.Fields() : [];
        foreach (var (field, given) in value.Fields())
        {
            if (operation == "set" || given.IsGiven())
                fields[field] = given;
        }
        e.Update.Add(operation, SdkJson.ObjectOf(fields));
    }

    private static DropReason? Identify(SdkEvent e, JsonElement properties)
    {
        // Only sent where the id before was an anonymous one; from servers there is none, and it only updates the profile.
        e.AnonymousId = properties.Text("$anon_distinct_id") ?? e.AnonymousId;
        return Profile(e);
    }

    private static DropReason? Profile(SdkEvent e)
    {
        e.Type = EventType.Profile;
        return null;
    }

    private static DropReason? Alias(SdkEvent e, string? alias)
    {
        e.Type = EventType.Alias;
        if (alias is null || (e.UserId ?? e.AnonymousId) is not { } id)
            return DropReason.MissingId;
        e.UserId = id;
        e.AnonymousId = e.AnonymousId == id ? null : e.AnonymousId;
        e.OtherId = alias;
        return null;
    }

    private static DropReason? Group(SdkEvent e, string distinctId, JsonElement properties)
    {
        e.Type = EventType.Group;
        if (properties.Text("$group_type") is not { } type || properties.Text("$group_key") is not { } key)
            return DropReason.MissingId;
        // Servers make up an id for it, which is nobody's.
        if (distinctId == $"${type}_{key}")
            (e.UserId, e.AnonymousId) = (null, null);
        var group = new GroupUpdate(type, key, IsMembership: false);
        ProfileUpdate.Add(group.Operations, "set", properties.Field("$group_set"));
        e.Update.Groups.Add(group);
        return null;
    }
}
