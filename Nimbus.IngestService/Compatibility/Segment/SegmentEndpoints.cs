using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.ApiKeys;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Pipeline;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Compatibility.Segment;

/// <summary>What the SDKs of Segment speak to.</summary>
internal static class SegmentEndpoints
{
    public static void MapSegment(this IEndpointRouteBuilder routes)
    {
        var segment = routes.MapGroup("/v1").AllowAnonymous().ExcludeFromDescription();
        foreach (var path in (string[])["batch", "b", "import"])
            segment.MapPost(path, (HttpContext http, SdkIntake intake, CancellationToken ct) => Capture(http, intake, null, ct));
        foreach (var type in (string[])["track", "identify", "page", "screen", "group", "alias"])
        {
            segment.MapPost(type, (HttpContext http, SdkIntake intake, CancellationToken ct) => Capture(http, intake, type, ct));
            segment.MapPost(type[..1], (HttpContext http, SdkIntake intake, CancellationToken ct) => Capture(http, intake, type, ct));
        }
        // The browser SDK's figures about itself.
        segment.MapPost("m", () => TypedResults.Json(new JsonObject { ["success"] = true }));
        segment.MapGet("projects/{writeKey}/settings", Settings);
    }

    private static async Task<JsonHttpResult<JsonObject>> Capture(
        HttpContext http, SdkIntake intake, string? type, CancellationToken ct)
    {
        try
        {
            var receivedAt = intake.Now();
            var values = await intake.ReadAsync(http.Request, ct);
            var body = values.Count > 0 ? values[0] : default;
            // 400 and not 413: older SDKs send again what was too large.
            if (body.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                throw new RefusedException(StatusCodes.Status400BadRequest, "invalid_json", "The body must be a JSON object.");
            var items = SegmentEvents.Read(body, type, receivedAt);
            if (items.Count > SdkIntake.MostElements)
                throw new RefusedException(
                    StatusCodes.Status400BadRequest, "too_many_events", $"A batch may have at most {SdkIntake.MostElements} events.");

            var (user, _) = SdkIntake.Basic(http.Request);
            // Where a header names a key, it alone counts; a token of OAuth is none, and the body then names the key.
            string?[] keys = user is { Length: > 0 } ? [user] : [body.Text("writeKey"), .. items.Take(1).Select(item => item.Source.Text("writeKey"))];
            var sender = await intake.AuthenticateAsync(http, keys, [], ct);
            var result = await intake.StoreAsync(http, sender, items, receivedAt, ct);
            return TypedResults.Json(Succeeded(items, result));
        }
        catch (RefusedException refused)
        {
            SdkIntake.SetRetryAfter(http, refused);
            return TypedResults.Json(Failed(refused.Code, refused.Message), statusCode: Status(refused));
        }
    }

    private static int Status(RefusedException refused) => refused switch
    {
        { Status: StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType } => StatusCodes.Status400BadRequest,
        // Its servers' SDKs wait as long as they are told to by 429, and by no other status.
        { Code: "buffer_full" } => StatusCodes.Status429TooManyRequests,
        _ => refused.Status,
    };

    /// <summary>No SDK reads more than the status; people who look for their events do.</summary>
    private static JsonObject Succeeded(List<SdkItem> items, SdkResult result)
    {
        var answer = new JsonObject { ["success"] = true, ["accepted"] = result.Accepted };
        if (result.Dropped.Count > 0)
        {
            answer["rejected"] = new JsonArray([.. result.Dropped.Select(d => new JsonObject
            {
                ["index"] = d.Index,
                ["messageId"] = items[d.Index].Source.Text("messageId"),
                ["reason"] = d.Reason.Code(),
                ["message"] = d.Reason.Message(),
            })]);
        }
        return answer;
    }

    private static JsonObject Failed(string code, string message) =>
        new() { ["success"] = false, ["code"] = code, ["message"] = message };

    /// <summary>
    /// What the browser SDK asks before anything else. Without an apiHost it would send the user's events to Segment, so ours
    /// is always in it; and it names no other destination, since each would be fetched from Segment's servers.
    /// </summary>
    private static async Task<JsonHttpResult<JsonObject>> Settings(
        string writeKey, HttpContext http, KeyDirectory keys, IOptions<PublicUrlSettings> settings, CancellationToken ct)
    {
        try
        {
            if (await keys.FindAsync(KeyKind.WriteKey, writeKey, ct) is null)
                return TypedResults.Json(Failed("unknown_key", "There is no such write key."), statusCode: StatusCodes.Status404NotFound);
        }
        catch (RefusedException)
        {
            // Whether there is such a key is found out when it sends; without an answer here it would never send.
        }
        var host = PublicHost.Of(http.Request, settings.Value);
        http.Response.Headers.CacheControl = host.IsConfigured ? "public, max-age=300" : "no-store";
        return TypedResults.Json(new JsonObject
        {
            ["integrations"] = new JsonObject
            {
                ["Segment.io"] = new JsonObject
                {
                    ["apiKey"] = writeKey,
                    ["apiHost"] = $"{host.Authority}/v1",
                    ["protocol"] = host.Scheme,
                },
            },
            ["plan"] = new JsonObject(),
            ["metrics"] = new JsonObject { ["sampleRate"] = 0 },
        });
    }
}
