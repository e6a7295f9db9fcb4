using System.Text.Json;
using System.Text.Unicode;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// A JSON object in valid UTF-8 in which no member stands twice: two readers of a token must not see two different claims.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    public static JsonElement? TryParseObject(byte[] utf8)
    {
        if (!Utf8.IsValid(utf8))
            return null;
        try
        {
            using var document = JsonDocument.Parse(utf8, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The member's text, or null when it is absent or no text (a lone surrogate is none).</summary>
    public static string? Text(this JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
