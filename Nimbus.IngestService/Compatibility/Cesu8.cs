namespace Nimbus.IngestService.Compatibility;

/// <summary>
/// Mends CESU-8, in which a character above U+FFFF stands as its two surrogates, three bytes each. One browser SDK encodes
/// emoji so, and a decoder of UTF-8 would make six U+FFFD of each.
/// </summary>
internal static class Cesu8
{
    private static ReadOnlySpan<byte> Replacement => [0xEF, 0xBF, 0xBD];

    /// <summary>Rewrites pairs as one character and lone surrogates as U+FFFD, in place.</summary>
    public static Memory<byte> Mend(Memory<byte> text)
    {
        var bytes = text.Span;
        var read = bytes.IndexOf((byte)0xED);
        if (read < 0)
            return text;
        var written = read;
        while (read < bytes.Length)
        {
            var unit = Surrogate(bytes[read..]);
            if (unit == 0)
            {
                bytes[written++] = bytes[read++];
            }
            else if (char.IsHighSurrogate(unit) && Surrogate(bytes[(read + 3)..]) is var low && char.IsLowSurrogate(low))
            {
                written += new System.Text.Rune(unit, low).EncodeToUtf8(bytes[written..]);
                read += 6;
            }
            else
            {
                Replacement.CopyTo(bytes[written..]);
                written += 3;
                read += 3;
            }
        }
        return text[..written];
    }

    /// <summary>The surrogate that the text begins with, else 0.</summary>
    private static char Surrogate(ReadOnlySpan<byte> text) =>
        text.Length >= 3 && text[0] == 0xED && text[1] is >= 0xA0 and <= 0xBF && text[2] is >= 0x80 and <= 0xBF
            ? (char)(0xD000 | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F))
            : '\0';
}
