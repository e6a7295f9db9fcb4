using System.Text.Json;

namespace Nimbus.IngestService.People;

/// <summary>The ids that an event names which intake could not read: every member of its JSON that is called so.</summary>
internal static class NamedIds
{
    /// <summary>None where it is no JSON.</summary>
    public static HashSet<string> In(ReadOnlySpan<byte> json)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue, CommentHandling = JsonCommentHandling.Skip });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || !IsOfId(reader.GetString()!))
                    continue;
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                    ids.Add(reader.GetString()!);
                else if (reader.TokenType == JsonTokenType.Number)
                    ids.Add(System.Text.Encoding.UTF8.GetString(reader.ValueSpan));
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // What stands before the fault counts.
        }
        return ids;
    }

    /// <summary>user_id, userId, distinct_id, $device_id, previousId, alias and whatever else SDKs came up with.</summary>
    private static bool IsOfId(string name) =>
        name.EndsWith("id", StringComparison.OrdinalIgnoreCase) || name.Equals("alias", StringComparison.OrdinalIgnoreCase);
}
