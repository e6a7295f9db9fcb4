using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility;

/// <summary>
/// From the bytes of a request to its JSON. SDKs send JSON under any content type, gzip without saying so, and base64 in
/// forms, so the bytes decide, never the headers: gunzip, then <c>data=</c>, then JSON, else base64 of JSON.
/// </summary>
internal static class SdkBody
{
    // Depth is judged event by event, by the pipeline.
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue, AllowMultipleValues = true };

    /// <summary>The values of the body, or of the query's <c>data</c> where there is no body: one, or one per line.</summary>
    /// <exception cref="RefusedException">400: neither JSON nor a form of it. 413: too large.</exception>
    public static async Task<IReadOnlyList<JsonElement>> ReadAsync(HttpRequest request, IngestOptions limits, CancellationToken ct)
    {
        if (HttpMethods.IsGet(request.Method))
        {
            var query = Encoding.UTF8.GetBytes(request.QueryString.Value?.TrimStart('?') ?? "");
            return FormField.Find(query, "data"u8) is { } data ? Parse(Decode(data, isField: true, limits.MaxInflatedBytes)) : [];
        }
        using var raw = await RequestBody.ReadAsync(request, limits.MaxSdkBodyBytes, ct);
        var inflated = RequestBody.Inflate(raw, request.Headers.ContentEncoding, limits.MaxInflatedBytes);
        try
        {
            return Parse(Decode(inflated.Memory, isField: false, limits.MaxInflatedBytes));
        }
        finally
        {
            if (inflated != raw)
                inflated.Dispose();
        }
    }

    /// <summary>The JSON text in <paramref name="bytes"/>, mended so that it can be stored; empty without one.</summary>
    /// <param name="isField">Whether it is a form's field already.</param>
    /// <exception cref="RefusedException">400: neither JSON nor a form of it. 413: inflates past the limit.</exception>
    public static Memory<byte> Decode(Memory<byte> bytes, bool isField, int maxBytes)
    {
        bytes = Gunzip(bytes, maxBytes);
        var text = bytes.Trim(" \t\r\n\0"u8);
        if (!isField && !LooksLikeJson(text.Span) && FormField.Find(text.Span, "data"u8) is { } field)
            return Decode(field, isField: true, maxBytes);
        if (text.IsEmpty)
            return text;
        if (LooksLikeJson(text.Span))
        {
            if (isField)
                text.Span.Replace((byte)'+', (byte)' ');
            return JsonText.MakeStorable(text);
        }
        var decoded = Gunzip(FromBase64(text.Span), maxBytes);
        if (!LooksLikeJson(decoded.Trim(" \t\r\n\0"u8).Span))
            throw NoJson();
        return JsonText.MakeStorable(Cesu8.Mend(decoded));
    }

    /// <exception cref="RefusedException">400: no JSON.</exception>
    public static List<JsonElement> Parse(ReadOnlyMemory<byte> json)
    {
        var values = new List<JsonElement>();
        try
        {
            var reader = new Utf8JsonReader(json.Span, AnyDepth);
            while (reader.Read())
                values.Add(JsonElement.ParseValue(ref reader));
            return values;
        }
        catch (JsonException)
        {
            throw NoJson();
        }
    }

    private static bool LooksLikeJson(ReadOnlySpan<byte> text) =>
        text.Length > 0 && (text[0] is (byte)'{' or (byte)'[' || text.StartsWith("\uFEFF"u8));

    private static Memory<byte> Gunzip(Memory<byte> bytes, int maxBytes)
    {
        if (!bytes.Span.StartsWith([(byte)0x1F, (byte)0x8B]))
            return bytes;
        using var packed = new PooledBytes(bytes.Length, Math.Max(bytes.Length, 1024));
        bytes.CopyTo(packed.Free());
        packed.Advance(bytes.Length);
        using var inflated = RequestBody.Inflate(packed, "gzip", maxBytes);
        return inflated.Memory.ToArray();
    }

    // TRICKY: one SDK puts base64 into a form without percent-encoding it, so that a "+" arrives where a form means a space.
    // Both are taken for the plus. URL-safe letters and missing padding are taken as well.
    private static byte[] FromBase64(ReadOnlySpan<byte> text)
    {
        var clean = new byte[text.Length + 3];
        var length = 0;
        foreach (var letter in text)
        {
            if (letter is not ((byte)'\r' or (byte)'\n' or (byte)'='))
                clean[length++] = letter switch { (byte)' ' or (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', _ => letter };
        }
        while (length % 4 != 0)
            clean[length++] = (byte)'=';
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(length)];
        if (Base64.DecodeFromUtf8(clean.AsSpan(0, length), decoded, out _, out var written) != System.Buffers.OperationStatus.Done)
            throw NoJson();
        return decoded[..written];
    }

    private static RefusedException NoJson() =>
        new(StatusCodes.Status400BadRequest, "invalid_json", "The body is neither JSON nor a form or base64 of it.");
}
