using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Nimbus.IngestService.Pipeline;

/// <summary>Makes JSON text storable: PostgreSQL takes neither U+0000 nor half a surrogate pair.</summary>
internal static class JsonText
{
    private static ReadOnlySpan<byte> ReplacementEscape => "\\ufffd"u8;
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// The text without a byte order mark, with U+FFFD for each escape of U+0000, each escape of a lone surrogate and
    /// each sequence that is not UTF-8.
    /// </summary>
    /// <remarks>An escape and its replacement are both six bytes, so all but broken UTF-8 is mended in place.</remarks>
    public static Memory<byte> MakeStorable(Memory<byte> json)
    {
        if (json.Span.StartsWith(ByteOrderMark))
            json = json[ByteOrderMark.Length..];
        if (!Utf8.IsValid(json.Span))
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        ReplaceEscapes(json.Span);
        return json;
    }

    private static void ReplaceEscapes(Span<byte> json)
    {
        for (var rest = json; rest.IndexOf((byte)'\\') is >= 0 and var at;)
        {
            rest = rest[at..];
            var unit = Unit(rest);
            if (unit < 0)
            {
                // Two bytes, so that the second backslash of \\ does not begin an escape.
                rest = rest[Math.Min(2, rest.Length)..];
            }
            else if (char.IsHighSurrogate((char)unit) && Unit(rest[6..]) is >= 0 and var next && char.IsLowSurrogate((char)next))
            {
                rest = rest[12..];
            }
            else
            {
                if (unit == 0 || char.IsSurrogate((char)unit))
                    ReplacementEscape.CopyTo(rest);
                rest = rest[6..];
            }
        }
    }

    /// <summary>The UTF-16 unit of an escape \uXXXX at the start of <paramref name="text"/>, else -1.</summary>
    private static int Unit(ReadOnlySpan<byte> text) =>
        text.Length >= 6 && text[0] == '\\' && text[1] == 'u'
        && Utf8Parser.TryParse(text[2..6], out ushort unit, out var read, 'X') && read == 4
            ? unit
            : -1;
}
