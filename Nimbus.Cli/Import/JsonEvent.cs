using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary>
/// An event as a JSON object: a line of Nimbus's own export, the event of <c>POST /v1/events</c> under any of the names
/// it takes for a field, or a line of Mixpanel's <c>/export</c>.
/// </summary>
internal static class JsonEvent
{
    private static readonly string[] Name = ["name", "event", "event_type"];
    private static readonly string[] Ts = ["ts", "timestamp", "occurred_at"];
    private static readonly string[] Props = ["props", "properties"];
    private static readonly string[] UserId = ["user_id", "userId"];
    private static readonly string[] AnonymousId = ["anonymous_id", "anonymousId"];

    // An exported event without a key has its id, which is as good a one.
    private static readonly string[] Key = ["idempotency_key", "event_id", "message_id", "messageId", "id"];

    /// <param name="source">The line.</param>
    /// <param name="row">Its place among the rows of the file, which tells it from a line that reads the same.</param>
    /// <param name="fault">Why it is no event; else null.</param>
    /// <exception cref="InvalidOperationException">A text in it is no Unicode.</exception>
    public static NimbusEvent? Read(JsonElement source, long row, out string? fault)
    {
        if (source.ValueKind != JsonValueKind.Object)
        {
            fault = "is no JSON object";
            return null;
        }
        return MixpanelEvent.IsOne(source) ? MixpanelEvent.Read(source, row, out fault) : ReadPlain(source, row, out fault);
    }

    /// <summary>The key of an event that has none: the same line at the same place gets the same one, so that it is stored once.</summary>
    public static string KeyOf(JsonElement source, long row)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{row}:{source.GetRawText()}");
        return "line:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>A string or a number as it is written; null for all else and for the empty string.</summary>
    public static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private static NimbusEvent? ReadPlain(JsonElement source, long row, out string? fault)
    {
        var name = Text(Field(source, Name));
        var ts = Field(source, Ts);
        var props = Field(source, Props);
        var context = Field(source, ["context"]);
        var seq = Field(source, ["seq"]);
        var occurredAt = default(DateTimeOffset);
        var order = 0L;
        fault =
            name is null ? "has no name"
            : !IsGiven(ts) ? "has no ts: its time would be that of the import"
            : ts.ValueKind != JsonValueKind.String || !EventTime.TryParse(ts.GetString()!, out occurredAt) ? "has a ts that is no RFC 3339 time"
            : IsGiven(props) && props.ValueKind != JsonValueKind.Object ? "has props that are no JSON object"
            : IsGiven(context) && context.ValueKind != JsonValueKind.Object ? "has a context that is no JSON object"
            : IsGiven(seq) && !(seq.ValueKind == JsonValueKind.Number && seq.TryGetInt64(out order)) ? "has a seq that is no whole number"
            : IdFault(source, UserId) ?? IdFault(source, AnonymousId) ?? IdFault(source, Key);
        return fault is not null ? null : new NimbusEvent(name!)
        {
            Timestamp = occurredAt,
            UserId = Text(Field(source, UserId)),
            AnonymousId = Text(Field(source, AnonymousId)),
            IdempotencyKey = Text(Field(source, Key)) ?? KeyOf(source, row),
            Seq = IsGiven(seq) ? order : null,
            PropertiesJson = IsGiven(props) ? props.GetRawText() : null,
            ContextJson = IsGiven(context) ? context.GetRawText() : null,
        };
    }

    private static string? IdFault(JsonElement source, string[] names) =>
        Field(source, names) is var id && IsGiven(id) && id.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)
            ? $"has an {names[0]} that is no text" : null;

    /// <summary>What is given under the first of the names that has something.</summary>
    private static JsonElement Field(JsonElement source, string[] names)
    {
        foreach (var name in names)
        {
            if (source.TryGetProperty(name, out var value) && IsGiven(value)
                && !(value.ValueKind == JsonValueKind.String && value.ValueEquals("")))
                return value;
        }
        return default;
    }

    private static bool IsGiven(JsonElement value) => value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);
}
