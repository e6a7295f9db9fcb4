using System.Text.Json;

namespace Nimbus.IngestService.Pipeline;

/// <summary>The body of a request: its events found, in one pass and without a document tree.</summary>
/// <param name="ProjectId">As sent: null where absent or null, and no project's id where it is no UUID.</param>
internal sealed record BatchBody(Guid? ProjectId, List<EventDraft>? Events)
{
    // A depth over 64 is an error of its event, and the rest of the batch goes through: the reader itself must not mind.
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    /// <summary>Reads <c>{project_id?, events: […]}</c>.</summary>
    /// <param name="json">Text that <see cref="JsonText.MakeStorable"/> has gone over.</param>
    /// <param name="maxEvents">One more is read at most, which tells that there are too many.</param>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static BatchBody Read(ReadOnlySpan<byte> json, int maxEvents)
    {
        var reader = new Utf8JsonReader(json, AnyDepth);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("The body must be a JSON object.");
        Guid? projectId = null;
        List<EventDraft>? events = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("events"u8) && reader.Read())
                events = ReadEvents(ref reader, maxEvents);
            else if (reader.ValueTextEquals("project_id"u8) && reader.Read())
                projectId = ReadProjectId(ref reader);
            else
                reader.Skip();
            if (events?.Count > maxEvents)
                return new BatchBody(projectId, events);
        }
        while (reader.Read())
        {
            // To the end of the text: what follows the object makes the whole no JSON.
        }
        return new BatchBody(projectId, events);
    }

    private static List<EventDraft>? ReadEvents(ref Utf8JsonReader reader, int maxEvents)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return null;
        }
        var events = new List<EventDraft>();
        while (events.Count <= maxEvents && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            events.Add(EventDraft.Read(ref reader, events.Count));
        return events;
    }

    private static Guid? ReadProjectId(ref Utf8JsonReader reader)
    {
        var isText = reader.TokenType == JsonTokenType.String;
        var isNull = reader.TokenType == JsonTokenType.Null;
        var text = isText ? reader.GetString() : null;
        reader.Skip();
        return isNull ? null : Guid.TryParse(text, out var id) ? id : Guid.Empty;
    }
}
