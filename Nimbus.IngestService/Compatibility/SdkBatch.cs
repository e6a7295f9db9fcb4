using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility;

/// <summary>
/// Sends the events of an SDK through the pipeline that all events go through: each is written as an event of the API, whose
/// rules then decide.
/// </summary>
internal static class SdkBatch
{
    // Of an element that is too large to be an event, this much is kept.
    private const int MostKept = 64 << 10;
    private const string UpdateName = "$profile_update";
    private static readonly JsonWriterOptions AnyDepth = new() { MaxDepth = int.MaxValue, SkipValidation = true };

    /// <summary>The events that go on, and those that do not, with what they were.</summary>
    public static (List<EntryEvent> Accepted, List<RefusedEvent> Refused, List<DroppedEvent> Dropped) Run(
        IReadOnlyList<SdkItem> items, IngestPipeline pipeline, long receivedAt)
    {
        var (json, places) = Write(items, receivedAt);
        var byIndex = items.ToDictionary(item => item.Index);
        var drafts = places.ConvertAll(place => ReadDraft(json.Span, place));
        var result = pipeline.Run(drafts, new Receipt(receivedAt, json));

        var dropped = items.Where(item => item.Reason is not null).Select(item => new DroppedEvent(item.Index, item.Reason!.Value)).ToList();
        dropped.AddRange(result.Dropped);
        var accepted = new List<EntryEvent>(result.Accepted.Count);
        var updates = places.ToDictionary(place => place.Index, place => json.Slice(place.UpdateStart, place.UpdateLength));
        foreach (var e in result.Accepted)
        {
            var source = byIndex[e.Index].Event!;
            e.Type = source.Type;
            e.OtherId = source.OtherId;
            e.Update = updates[e.Index];
            if (source.Name is null)
                e.Name = "";
            if (e.OtherId?.Length > ScalarField.MaxCharacters)
                dropped.Add(new DroppedEvent(e.Index, DropReason.InvalidUserId));
            else if (!source.Update.HasShortNames || !CanBeKept(e.Update.Span))
                dropped.Add(new DroppedEvent(e.Index, DropReason.InvalidUpdate));
            else
                accepted.Add(e);
        }
        return (accepted, [.. dropped.Select(d => new RefusedEvent(d.Index, d.Reason.Code(), Original(byIndex[d.Index].Source)))], dropped);
    }

    private static (ReadOnlyMemory<byte> Json, List<Place> Places) Write(IReadOnlyList<SdkItem> items, long receivedAt)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        var places = new List<Place>(items.Count);
        using var json = new Utf8JsonWriter(output, AnyDepth);
        foreach (var item in items)
        {
            if (item.Event is not { } e)
                continue;
            var start = output.WrittenCount;
            var update = WriteEvent(json, output, e, receivedAt);
            json.Flush();
            json.Reset();
            places.Add(new Place(item.Index, start, update.Start, update.Length));
        }
        // One array for all: the events' parts are found in it.
        MemoryMarshal.TryGetArray(output.WrittenMemory, out var written);
        return (written.AsMemory(), places);
    }

    private static (int Start, int Length) WriteEvent(Utf8JsonWriter json, ArrayBufferWriter<byte> output, SdkEvent e, long receivedAt)
    {
        json.WriteStartObject();
        json.WriteString("name", e.Name ?? UpdateName);
        json.WriteString("ts", Time(e.Ts ?? receivedAt));
        if (e.UserId is not null) json.WriteString("user_id", e.UserId);
        if (e.AnonymousId is not null) json.WriteString("anonymous_id", e.AnonymousId);
        if (e.OtherId is not null) json.WriteString("alias", e.OtherId);
        if (e.IdempotencyKey is not null) json.WriteString("idempotency_key", e.IdempotencyKey);
        WriteObject(json, "props", e.Props);
        if (e.Context.Count > 0) WriteObject(json, "context", e.Context);
        var start = 0;
        var length = 0;
        if (!e.Update.IsEmpty)
        {
            json.WritePropertyName("update");
            json.Flush();
            start = output.WrittenCount;
            e.Update.WriteTo(json);
            json.Flush();
            length = output.WrittenCount - start;
        }
        json.WriteEndObject();
        return (start, length);
    }

    private static void WriteObject(Utf8JsonWriter json, string name, Dictionary<string, JsonElement> fields)
    {
        json.WriteStartObject(name);
        foreach (var (field, value) in fields)
        {
            json.WritePropertyName(field);
            value.WriteTo(json);
        }
        json.WriteEndObject();
    }

    /// <summary>In the form the pipeline reads; what no calendar holds becomes the nearest time that one does.</summary>
    private static string Time(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(
            Math.Clamp(unixMilliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()))
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static EventDraft ReadDraft(ReadOnlySpan<byte> json, Place place)
    {
        var reader = new Utf8JsonReader(json[place.Start..], new JsonReaderOptions { MaxDepth = int.MaxValue, AllowMultipleValues = true });
        reader.Read();
        return EventDraft.Read(ref reader, place.Index, place.Start);
    }

    private static bool CanBeKept(ReadOnlySpan<byte> update)
    {
        if (update.IsEmpty)
            return true;
        var reader = new Utf8JsonReader(update, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        return default(ObjectField).ReadFrom(ref reader, 0).IsValid;
    }

    private static ReadOnlyMemory<byte> Original(JsonElement source)
    {
        var text = Encoding.UTF8.GetBytes(source.ValueKind == JsonValueKind.Undefined ? "" : source.GetRawText());
        return text.Length <= MostKept ? text : text.AsMemory(0, MostKept);
    }

    private readonly record struct Place(int Index, int Start, int UpdateStart, int UpdateLength);
}
