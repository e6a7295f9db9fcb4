using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Sdk;

/// <summary>A request that a vendor's SDK once made, byte for byte, and what is in it.</summary>
/// <param name="Url">Path and query as sent.</param>
/// <param name="Decoded">The JSON in it; null where it has none.</param>
internal sealed record Recording(
    string File, int Line, string Method, string Url, Dictionary<string, string> Headers, byte[] Body, JsonElement? Decoded, JsonElement Answer)
{
    /// <summary>The write key that the recordings were made with.</summary>
    public const string Key = "wk_test_123";

    public string Path => Url.Split('?')[0];

    public static IEnumerable<string> Files() =>
        Directory.GetFiles(Folder, "*.jsonl").Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal);

    public static List<Recording> Of(string file) =>
        [.. System.IO.File.ReadLines(System.IO.Path.Combine(Folder, file)).Where(line => line.Length > 0).Select((line, i) => Parse(file, i + 1, line))];

    /// <summary>The request as a service sees it.</summary>
    public HttpRequest ToRequest()
    {
        var request = new DefaultHttpContext().Request;
        request.Method = Method;
        request.Path = Path;
        request.QueryString = new QueryString(Url[Path.Length..]);
        foreach (var (name, value) in Headers)
            request.Headers[name] = value;
        request.Body = new MemoryStream(Body);
        request.ContentLength = Body.Length;
        return request;
    }

    private static string Folder => System.IO.Path.Combine(TestData.RepositoryRoot, "Nimbus.Tests", "Golden", "Sdk");

    private static Recording Parse(string file, int line, string json)
    {
        var recorded = JsonDocument.Parse(json).RootElement;
        return new Recording(
            file, line,
            recorded.GetProperty("method").GetString()!,
            recorded.GetProperty("url").GetString()!,
            recorded.GetProperty("headers").EnumerateObject().ToDictionary(header => header.Name, header => header.Value.GetString()!),
            Convert.FromBase64String(recorded.GetProperty("body_base64").GetString()!),
            recorded.TryGetProperty("decoded", out var decoded) && decoded.ValueKind != JsonValueKind.Null ? decoded : null,
            recorded.GetProperty("response"));
    }
}
