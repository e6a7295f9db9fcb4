using System.Text.Json.Nodes;
using Nimbus.Gateway.Status;

namespace Nimbus.Gateway.ApiDocs;

/// <summary>The description of the whole API, put together from the services' own and kept for a while.</summary>
internal sealed class ApiDocument(ServiceProbes probes, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan KeptWhenWhole = TimeSpan.FromMinutes(1);

    /// <summary>A service that is just starting shows up soon.</summary>
    private static readonly TimeSpan KeptWithGaps = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private (byte[] Json, DateTimeOffset Until)? _kept;

    /// <summary>The document as UTF-8 JSON.</summary>
    public async Task<byte[]> ReadAsync(CancellationToken ct)
    {
        await _fetching.WaitAsync(ct);
        try
        {
            if (_kept is { } kept && time.GetUtcNow() < kept.Until)
                return kept.Json;
            var parts = await probes.AskAsync("/openapi/v1.json", ReadPartAsync, each: false, unreachable: null, ct);
            var document = DocumentMerger.Merge([("gateway", GatewayOperations.Document()), .. parts]);
            var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(document);
            var whole = parts.All(part => part.Result is not null);
            _kept = (json, time.GetUtcNow() + (whole ? KeptWhenWhole : KeptWithGaps));
            return json;
        }
        finally
        {
            _fetching.Release();
        }
    }

    public void Dispose() => _fetching.Dispose();

    private static async Task<JsonObject?> ReadPartAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode)
            return null;
        await using var json = await response.Content.ReadAsStreamAsync(ct);
        return await JsonNode.ParseAsync(json, cancellationToken: ct) as JsonObject;
    }
}
