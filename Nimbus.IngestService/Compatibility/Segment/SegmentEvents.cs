using System.Text.Json;
using Nimbus.Events;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility.Segment;

/// <summary>Segment's events in Nimbus's words.</summary>
internal static class SegmentEvents
{
    private const string GroupType = "group";

    /// <summary>The events of a body: of <c>{batch: […]}</c>, or the body itself.</summary>
    /// <param name="type">What the path says the event is; null where each says it itself.</param>
    public static List<SdkItem> Read(JsonElement body, string? type, long receivedAt)
    {
        var batch = body.Field("batch");
        JsonElement[] events = batch.ValueKind == JsonValueKind.Array ? [.. batch.EnumerateArray()]
            : body.ValueKind == JsonValueKind.Array ? [.. body.EnumerateArray()] : [body];
        var skew = ClockSkew.Of(SentAt(body, events), receivedAt);
        var defaults = batch.ValueKind == JsonValueKind.Array ? body.Field("context").Fields() : [];
        return [.. events.Select((e, index) => Read(e, index, type, skew, defaults))];
    }

    private static JsonElement SentAt(JsonElement body, JsonElement[] events) =>
        events.Select(e => e.Field("sentAt")).Prepend(body.Field("sentAt")).FirstOrDefault(sent => sent.IsGiven());

    private static SdkItem Read(JsonElement source, int index, string? pathType, long skew, Dictionary<string, JsonElement> defaults)
    {
        var e = new SdkEvent { UserId = source.Text("userId"), AnonymousId = source.Text("anonymousId") };
        return new SdkItem(index, source, e, null) is var item && Fill(e, source, pathType, skew, defaults) is { } reason
            ? item with { Event = null, Reason = reason }
            : item;
    }

    private static DropReason? Fill(
        SdkEvent e, JsonElement source, string? pathType, long skew, Dictionary<string, JsonElement> defaults)
    {
        if (source.ValueKind != JsonValueKind.Object)
            return DropReason.InvalidEvent;
        var original = source.Field("originalTimestamp") is var at && at.IsGiven() ? at : source.Field("timestamp");
        if (!SdkJson.TryTime(original, out var ts))
            return DropReason.InvalidTs;
        e.Ts = ts + skew;
        if (source.Text("messageId") is { } id)
            e.IdempotencyKey = SdkJson.Key("seg:", id);
        e.Props = source.Field("properties").Fields();
        e.Context = new Dictionary<string, JsonElement>(defaults);
        foreach (var (field, value) in source.Field("context").Fields())
            e.Context[field] = value;

        return (source.Text("type") ?? pathType) switch
        {
            "track" => Track(e, source),
            "page" => View(e, source, "$page"),
            "screen" => View(e, source, "$screen"),
            "identify" => Identify(e, source),
            "group" => Group(e, source),
            "alias" => Alias(e, source),
            _ => DropReason.UnknownType,
        };
    }

    private static DropReason? Track(SdkEvent e, JsonElement source)
    {
        e.Name = source.Field("event").ValueKind == JsonValueKind.String ? source.Text("event") ?? "" : "";
        return e.Name.Length == 0 ? DropReason.InvalidName : SomebodysOrNot(e);
    }

    /// <summary>Name and category belong to the properties; not every SDK puts both there.</summary>
    private static DropReason? View(SdkEvent e, JsonElement source, string name)
    {
        e.Name = name;
        foreach (var field in (string[])["name", "category"])
        {
            if (source.Field(field) is var value && value.IsGiven())
                e.Props.TryAdd(field, value);
        }
        return SomebodysOrNot(e);
    }

    private static DropReason? Identify(SdkEvent e, JsonElement source)
    {
        e.Type = EventType.Profile;
        e.Name = "$identify";
        var traits = Traits(source);
        e.Update.Add("set", traits);
        foreach (var (trait, value) in traits.Fields())
            e.Props.TryAdd(trait, value);
        return SomebodysOrNot(e);
    }

    private static DropReason? Group(SdkEvent e, JsonElement source)
    {
        e.Type = EventType.Group;
        e.Name = "$group";
        if (source.Text("groupId") is not { } groupId)
            return DropReason.MissingId;
        var group = new GroupUpdate(GroupType, groupId, IsMembership: true);
        var traits = source.Field("traits");
        ProfileUpdate.Add(group.Operations, "set", traits);
        e.Update.Groups.Add(group);
        e.Props.TryAdd("group_id", SdkJson.Of(groupId));
        foreach (var (trait, value) in traits.Fields())
            e.Props.TryAdd(trait, value);
        return SomebodysOrNot(e);
    }

    private static DropReason? Alias(SdkEvent e, JsonElement source)
    {
        e.Type = EventType.Alias;
        e.Name = "$alias";
        // After identify the browser SDK overwrites userId, so that both ids may be the same: then it joins nothing.
        e.OtherId = source.Text("previousId");
        if (e.OtherId is null || e.UserId is null)
            return DropReason.MissingId;
        e.Props.TryAdd("previous_id", SdkJson.Of(e.OtherId));
        return null;
    }

    private static JsonElement Traits(JsonElement source)
    {
        var own = source.Field("traits");
        var inContext = source.Field("context").Field("traits");
        if (inContext.ValueKind != JsonValueKind.Object)
            return own;
        var traits = inContext.Fields();
        foreach (var (trait, value) in own.Fields())
            traits[trait] = value;
        return SdkJson.ObjectOf(traits);
    }

    private static DropReason? SomebodysOrNot(SdkEvent e) =>
        e.UserId is null && e.AnonymousId is null ? DropReason.MissingId : null;
}
