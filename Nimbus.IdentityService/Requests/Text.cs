using System.Text;

namespace Nimbus.IdentityService.Requests;

/// <summary>What text can be stored: PostgreSQL takes no U+0000, and UTF-8 has no lone surrogates.</summary>
public static class Text
{
    /// <summary>Whether PostgreSQL can store it.</summary>
    public static bool IsStorable(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (text[0] == '\0' || Rune.DecodeFromUtf16(text, out _, out var consumed) != System.Buffers.OperationStatus.Done)
                return false;
            text = text[consumed..];
        }
        return true;
    }

    /// <summary>Storable, and without control characters: fit to be shown in a line.</summary>
    public static bool IsOneLine(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character))
                return false;
        }
        return IsStorable(text);
    }

    /// <summary>Characters as a person counts them: code points, not UTF-16 units.</summary>
    public static int Length(string text) => text.EnumerateRunes().Count();
}
