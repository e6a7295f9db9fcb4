using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Pipeline;
using Nimbus.IngestService.Traffic;

namespace Nimbus.IngestService.Compatibility;

/// <summary>What became of the elements of a request.</summary>
internal sealed record SdkResult(int Accepted, IReadOnlyList<DroppedEvent> Dropped)
{
    public static SdkResult Nothing { get; } = new(0, []);
}

/// <summary>What the endpoints for SDKs of other systems share: reading, finding the sender, and into the stream.</summary>
internal sealed class SdkIntake(
    Authenticator authenticator, IntakeLimit limit, EventCapture capture, TrafficTagger traffic, IngestMetrics metrics, IOptions<IngestOptions> options, TimeProvider time)
{
    private readonly IngestPipeline _pipeline = new(options.Value);

    /// <summary>The most elements a request may have: an event's place in it is part of its id.</summary>
    public const int MostElements = Entry.LargestIndex + 1;

    public long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The elements of the request's JSON: those of an array, or of several values one after the other.</summary>
    public async Task<List<JsonElement>> ReadElementsAsync(HttpRequest request, CancellationToken ct)
    {
        var elements = (await ReadAsync(request, ct))
            .SelectMany(value => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value]).ToList();
        return elements.Count <= MostElements ? elements : throw TooMany();
    }

    public static RefusedException TooMany() =>
        RefusedException.TooLarge($"A request may have at most {MostElements} events.");

    /// <summary>The JSON values of the request.</summary>
    /// <exception cref="RefusedException">400 or 413.</exception>
    public Task<IReadOnlyList<JsonElement>> ReadAsync(HttpRequest request, CancellationToken ct) =>
        SdkBody.ReadAsync(request, options.Value, ct);

    /// <summary>The project that one of the texts is a key of; the first that is one counts.</summary>
    /// <param name="secrets">Texts that may also be the secret of a key.</param>
    /// <exception cref="RefusedException">401: none is. 403: not from this origin. 429: too many were none. 503: it cannot be found out now.</exception>
    public async Task<Sender> AuthenticateAsync(
        HttpContext http, IEnumerable<string?> keys, IEnumerable<string?> secrets, CancellationToken ct)
    {
        if (await FindSenderAsync(http, keys, secrets, ct) is { } sender)
            return sender;
        await limit.TakeFailureAsync(http, ct);
        throw UnknownKey();
    }

    private async Task<Sender?> FindSenderAsync(
        HttpContext http, IEnumerable<string?> keys, IEnumerable<string?> secrets, CancellationToken ct)
    {
        var origin = http.Request.Headers.Origin.ToString();
        foreach (var key in keys.Where(key => !string.IsNullOrEmpty(key)).Distinct())
        {
            if (await TryAsync(() => authenticator.ByWriteKeyAsync(key!, origin, ct)) is { } sender)
                return sender;
        }
        foreach (var secret in secrets.Where(secret => !string.IsNullOrEmpty(secret)).Distinct())
        {
            if (await TryAsync(() => authenticator.BySecretAsync(secret!, ct)) is { } sender)
                return sender;
        }
        return null;
    }

    private static RefusedException UnknownKey() => RefusedException.Unauthorized("unknown_key", "There is no such key, or no longer.");

    /// <summary>Puts what is good of a request into the stream, in one entry, with what is not as its dead letters.</summary>
    /// <exception cref="RefusedException">Nothing of it is taken.</exception>
    public async Task<SdkResult> StoreAsync(
        HttpContext http, Sender sender, IReadOnlyList<SdkItem> items, long receivedAt, CancellationToken ct)
    {
        if (items.Count == 0)
            return SdkResult.Nothing;
        metrics.Received(items.Count);
        var (accepted, refused, dropped) = SdkBatch.Run(items, _pipeline, receivedAt);
        foreach (var d in dropped)
            metrics.Rejected(d.Reason);
        var entry = new Entry(sender.EntryId, sender.ProjectId, receivedAt, Activity.Current?.Id ?? "", accepted)
        {
            Refused = refused,
            Traffic = traffic.Of(http.Request, sender.Traffic),
        };
        await capture.StoreAsync(entry, sender.KeyId, ct);
        return new SdkResult(accepted.Count, [.. dropped.OrderBy(d => d.Index)]);
    }

    /// <summary>
    /// The same where each element names its own key: one entry per key. Those whose key is none are refused, and kept nowhere,
    /// since they belong to no project.
    /// </summary>
    /// <exception cref="RefusedException">Nothing of it is taken: 401 where every key is unknown, and 429 where too many were.</exception>
    public async Task<SdkResult> StoreByKeyAsync(
        HttpContext http, IReadOnlyList<(SdkItem Item, string? Key)> elements, long receivedAt, CancellationToken ct)
    {
        var accepted = 0;
        var dropped = new List<DroppedEvent>();
        RefusedException? unknown = null;
        foreach (var sameKey in elements.GroupBy(element => element.Key))
        {
            try
            {
                var sender = await FindSenderAsync(http, [sameKey.Key], [], ct) ?? throw UnknownKey();
                var result = await StoreAsync(http, sender, [.. sameKey.Select(element => element.Item)], receivedAt, ct);
                accepted += result.Accepted;
                dropped.AddRange(result.Dropped);
            }
            catch (RefusedException refused) when (refused.Status == StatusCodes.Status401Unauthorized)
            {
                unknown = refused;
                dropped.AddRange(sameKey.Select(element => new DroppedEvent(element.Item.Index, DropReason.UnknownToken)));
            }
        }
        if (unknown is not null && dropped.Count == elements.Count && dropped.All(d => d.Reason == DropReason.UnknownToken))
        {
            await limit.TakeFailureAsync(http, ct);
            throw unknown;
        }
        return new SdkResult(accepted, [.. dropped.OrderBy(d => d.Index)]);
    }

    /// <summary>User and password of Basic; a colon may be missing.</summary>
    public static (string? User, string? Password) Basic(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return default;
        Span<byte> decoded = stackalloc byte[512];
        if (!Convert.TryFromBase64String(header[6..].Trim(), decoded, out var length))
            return default;
        var parts = Encoding.UTF8.GetString(decoded[..length]).Split(':', 2);
        return (parts[0], parts.Length > 1 ? parts[1] : null);
    }

    public static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? header[7..].Trim()
            : null;

    /// <summary>Says when to come again, where the refusal does.</summary>
    public static void SetRetryAfter(HttpContext http, RefusedException refused)
    {
        if (refused.RetryAfter is { } wait)
            http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
    }

    private static async Task<Sender?> TryAsync(Func<Task<Sender>> find)
    {
        try
        {
            return await find();
        }
        catch (RefusedException refused) when (refused.Status == StatusCodes.Status401Unauthorized)
        {
            return null;
        }
    }
}
