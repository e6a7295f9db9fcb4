using System.Buffers;
using System.Buffers.Text;

namespace Nimbus.ServiceDefaults;

/// <summary>base64url as RFC 7515 has it: no padding, no white space, no stray bits. Each value has exactly one spelling.</summary>
internal static class StrictBase64Url
{
    public static byte[]? TryDecode(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return null;
        if (text.Length % 4 == 1)
            return null;

        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        var status = Base64Url.DecodeFromChars(text, bytes, out _, out var written);
        if (status != OperationStatus.Done || written != bytes.Length)
            return null;
        // The last character may have bits that no byte takes; they have to be zero.
        return Base64Url.EncodeToString(bytes).AsSpan().SequenceEqual(text) ? bytes : null;
    }
}
