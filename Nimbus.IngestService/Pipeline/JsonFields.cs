using System.Text;
using System.Text.Json;

namespace Nimbus.IngestService.Pipeline;

/// <summary>A scalar field of an event, as sent. <see cref="Kind"/> is None where it was absent.</summary>
/// <param name="Spelling">0 for the field's own name, more for the names it is also known by.</param>
internal readonly record struct ScalarField(JsonTokenType Kind, string? Text, int Spelling)
{
    public const int MaxCharacters = 200;

    /// <summary>Absent, null and the empty string all mean "none".</summary>
    public bool IsNone => Kind is JsonTokenType.None or JsonTokenType.Null || (Kind == JsonTokenType.String && Text!.Length == 0);

    /// <summary>A string or a number of at most 200 characters. Numbers stand as they were written.</summary>
    public bool IsShortText => Kind is JsonTokenType.String or JsonTokenType.Number && HasAtMost(MaxCharacters, Text!);

    /// <summary>Reads the value the reader is at, and keeps what is told by the better spelling, or the later.</summary>
    public ScalarField ReadFrom(ref Utf8JsonReader reader, int spelling)
    {
        var read = new ScalarField(reader.TokenType, TextOf(ref reader), spelling);
        reader.Skip();
        if (Kind == JsonTokenType.None || spelling == Spelling)
            return read;
        return (spelling < Spelling ? read.IsNone : !IsNone) ? this : read;
    }

    private static string? TextOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => null,
    };

    // Characters are code points; a string has never more of them than UTF-16 units.
    private static bool HasAtMost(int characters, string text) =>
        text.Length <= characters
        || (text.Length <= 2 * characters && text.EnumerateRunes().Count() <= characters);
}

/// <summary>An object field of an event: where it stands in the body, and whether it can be kept.</summary>
/// <param name="Start">Of its first byte, from the start of the body.</param>
internal readonly record struct ObjectField(JsonTokenType Kind, int Start, int Length, bool CanBeKept, int Spelling)
{
    private const int MaxDepth = 64;
    private const int MaxKeys = 2000;

    /// <summary>Absent and null both mean "none".</summary>
    public bool IsNone => Kind is JsonTokenType.None or JsonTokenType.Null;

    /// <summary>An object within the limits.</summary>
    public bool IsValid => Kind == JsonTokenType.StartObject && CanBeKept;

    /// <summary>Walks over the value the reader is at, and keeps what is told by the better spelling, or the later.</summary>
    public ObjectField ReadFrom(ref Utf8JsonReader reader, int spelling)
    {
        var kind = reader.TokenType;
        var start = (int)reader.TokenStartIndex;
        var canBeKept = Walk(ref reader);
        var read = new ObjectField(kind, start, (int)reader.BytesConsumed - start, canBeKept, spelling);
        if (Kind == JsonTokenType.None || spelling == Spelling)
            return read;
        return (spelling < Spelling ? read.IsNone : !IsNone) ? this : read;
    }

    private static bool Walk(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return true;
        var outside = reader.CurrentDepth;
        var keys = 0;
        var inRange = true;
        var deepest = 1;
        while (reader.Read() && reader.CurrentDepth > outside)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    keys++;
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    deepest = Math.Max(deepest, reader.CurrentDepth - outside + 1);
                    break;
                case JsonTokenType.Number:
                    inRange &= JsonNumber.IsInRange(reader.ValueSpan);
                    break;
            }
        }
        return inRange && keys <= MaxKeys && deepest <= MaxDepth;
    }
}
