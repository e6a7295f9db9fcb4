using System.Text;

namespace Nimbus.QueryService.Querying;

/// <summary>Text as ingestion stores it, so that a caller's value finds what the same value became.</summary>
public static class StoredText
{
    /// <summary>U+0000 and lone surrogates, which PostgreSQL cannot hold, become U+FFFD.</summary>
    public static string Of(string text)
    {
        var stored = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            stored.Append((rune.Value == 0 ? Rune.ReplacementChar : rune).ToString());
        return stored.ToString();
    }
}
