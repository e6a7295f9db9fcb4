using System.Globalization;

namespace Nimbus.IngestService.Compatibility;

/// <summary>Finds a field of a form or of a query string, its bytes as the client meant them.</summary>
internal static class FormField
{
    /// <summary>The field without percent-encoding, else null. A <c>+</c> stays one: see <see cref="SdkBody"/>.</summary>
    public static byte[]? Find(ReadOnlySpan<byte> form, ReadOnlySpan<byte> name)
    {
        foreach (var range in form.Split((byte)'&'))
        {
            var field = form[range];
            if (field.Length > name.Length && field[name.Length] == '=' && field.StartsWith(name))
                return Unescape(field[(name.Length + 1)..]);
        }
        return null;
    }

    private static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var plain = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length
                && byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                plain[length++] = value;
                i += 2;
            }
            else
            {
                plain[length++] = text[i];
            }
        }
        return plain[..length];
    }
}
