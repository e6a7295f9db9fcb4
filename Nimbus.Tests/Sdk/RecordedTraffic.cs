using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;

namespace Nimbus.Tests.Sdk;

/// <summary>Sends a recorded request again, in the same encoding, to another project and as if it were made now.</summary>
internal static class RecordedTraffic
{
    private const string RecordedDay = "2026-11-20";
    private const string RecordedSeconds = "1795213";

    public static async Task<HttpResponseMessage> SendAsync(HttpClient gateway, Recording recording, string writeKey)
    {
        var now = DateTimeOffset.UtcNow.AddDays(-1);
        string Today(string text) => text
            .Replace(Recording.Key, writeKey, StringComparison.Ordinal)
            .Replace(RecordedDay, now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace(RecordedSeconds, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)[..7], StringComparison.Ordinal);

        var json = recording.Decoded is { } decoded ? Today(decoded.GetRawText()) : null;
        var url = Today(recording.Url);
        if (recording.Method == "GET" && json is not null)
        {
            var query = recording.Url.Split('?')[1].Split('&')
                .Select(field => field.StartsWith("data=", StringComparison.Ordinal) ? "data=" + Uri.EscapeDataString(Base64(json)) : Today(field));
            url = $"{recording.Path}?{string.Join('&', query)}";
        }
        using var request = new HttpRequestMessage(new HttpMethod(recording.Method), url);
        if (recording.Method == "POST")
        {
            request.Content = new ByteArrayContent(Encode(recording, json!));
            foreach (var (name, value) in recording.Headers.Where(header => header.Key is "content-type" or "content-encoding"))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        foreach (var (name, value) in recording.Headers.Where(header => header.Key is "origin" or "access-control-request-method" or "access-control-request-headers"))
            request.Headers.TryAddWithoutValidation(name, value);
        if (recording.Headers.TryGetValue("authorization", out var authorization))
            request.Headers.Authorization = Authorize(authorization, writeKey);
        return await gateway.SendAsync(request);
    }

    private static AuthenticationHeaderValue Authorize(string recorded, string writeKey)
    {
        var parts = recorded.Split(' ');
        return new AuthenticationHeaderValue(
            parts[0],
            parts[0] == "Basic"
                ? Base64(Encoding.UTF8.GetString(Convert.FromBase64String(parts[1])).Replace(Recording.Key, writeKey, StringComparison.Ordinal))
                : parts[1].Replace(Recording.Key, writeKey, StringComparison.Ordinal));
    }

    private static byte[] Encode(Recording recording, string json)
    {
        var body = recording.Body;
        if (body is [0x1F, 0x8B, ..])
            return Gzip(json);
        if (!body.AsSpan().StartsWith("data="u8))
            return Encoding.UTF8.GetBytes(json);
        if (body.AsSpan().StartsWith("data=%7B"u8) || body.AsSpan().StartsWith("data=%5B"u8))
            return Encoding.UTF8.GetBytes("data=" + Uri.EscapeDataString(json));
        // The server SDK leaves its base64 as it is.
        var base64 = Base64(json);
        return Encoding.UTF8.GetBytes("data=" + (recording.Headers.ContainsKey("origin") ? Uri.EscapeDataString(base64) : base64));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
