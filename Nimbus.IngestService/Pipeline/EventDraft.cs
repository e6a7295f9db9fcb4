using System.Text.Json;

namespace Nimbus.IngestService.Pipeline;

/// <summary>An event as it stands in the body: its fields found, under whichever name, and not judged yet.</summary>
internal sealed class EventDraft
{
    /// <summary>Place in the request, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Of its first byte, from the start of the body.</summary>
    public int Start { get; private set; }

    public int Length { get; private set; }

    public bool IsObject { get; private set; }

    public ScalarField Name { get; private set; }

    public ScalarField Ts { get; private set; }

    public ScalarField UserId { get; private set; }

    public ScalarField AnonymousId { get; private set; }

    public ScalarField IdempotencyKey { get; private set; }

    public ScalarField Seq { get; private set; }

    public ObjectField Props { get; private set; }

    public ObjectField Context { get; private set; }

    /// <summary>Reads the value the reader is at, whatever it is, to its end.</summary>
    /// <param name="offset">Where in the body the reader's text begins.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static EventDraft Read(ref Utf8JsonReader reader, int index, int offset = 0)
    {
        var draft = new EventDraft { Index = index, Start = offset + (int)reader.TokenStartIndex };
        draft.IsObject = reader.TokenType == JsonTokenType.StartObject;
        if (draft.IsObject)
            draft.ReadFields(ref reader);
        else
            reader.Skip();
        draft.Length = offset + (int)reader.BytesConsumed - draft.Start;
        draft.Props = draft.Props with { Start = offset + draft.Props.Start };
        draft.Context = draft.Context with { Start = offset + draft.Context.Start };
        return draft;
    }

    private void ReadFields(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            ReadField(ref reader);
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        if (Is(ref reader, "name"u8)) Name = Name.ReadFrom(ref reader, 0);
        else if (Is(ref reader, "event"u8)) Name = Name.ReadFrom(ref reader, 1);
        else if (Is(ref reader, "event_type"u8)) Name = Name.ReadFrom(ref reader, 2);
        else if (Is(ref reader, "ts"u8)) Ts = Ts.ReadFrom(ref reader, 0);
        else if (Is(ref reader, "timestamp"u8)) Ts = Ts.ReadFrom(ref reader, 1);
        else if (Is(ref reader, "occurred_at"u8)) Ts = Ts.ReadFrom(ref reader, 2);
        else if (Is(ref reader, "props"u8)) Props = Props.ReadFrom(ref reader, 0);
        else if (Is(ref reader, "properties"u8)) Props = Props.ReadFrom(ref reader, 1);
        else if (Is(ref reader, "user_id"u8)) UserId = UserId.ReadFrom(ref reader, 0);
        else if (Is(ref reader, "userId"u8)) UserId = UserId.ReadFrom(ref reader, 1);
        else if (Is(ref reader, "anonymous_id"u8)) AnonymousId = AnonymousId.ReadFrom(ref reader, 0);
        else if (Is(ref reader, "anonymousId"u8)) AnonymousId = AnonymousId.ReadFrom(ref reader, 1);
        else if (Is(ref reader, "idempotency_key"u8)) IdempotencyKey = IdempotencyKey.ReadFrom(ref reader, 0);
        else if (Is(ref reader, "event_id"u8)) IdempotencyKey = IdempotencyKey.ReadFrom(ref reader, 1);
        else if (Is(ref reader, "message_id"u8)) IdempotencyKey = IdempotencyKey.ReadFrom(ref reader, 2);
        else if (Is(ref reader, "messageId"u8)) IdempotencyKey = IdempotencyKey.ReadFrom(ref reader, 3);
        else if (Is(ref reader, "seq"u8)) Seq = Seq.ReadFrom(ref reader, 0);
        else if (Is(ref reader, "context"u8)) Context = Context.ReadFrom(ref reader, 0);
        else reader.Skip();
    }

    /// <summary>Whether the reader is at this property; it then moves on to the value.</summary>
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.ValueTextEquals(name) && reader.Read();
}
