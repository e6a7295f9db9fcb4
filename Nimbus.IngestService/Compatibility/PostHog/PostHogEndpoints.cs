using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility.PostHog;

/// <summary>What the SDKs of PostHog speak to.</summary>
internal static class PostHogEndpoints
{
    public static void MapPostHog(this IEndpointRouteBuilder routes)
    {
        var postHog = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        foreach (var path in (string[])["/batch", "/e", "/i/v0/e", "/capture"])
            postHog.MapPost(path, Capture);
        postHog.MapPost("/i/v1/analytics/events", CaptureWithResults);
        postHog.MapGet("/array/{token}/config", (string token) => TypedResults.Json(Config(token)));
        // The normal builds load this as a script: it is one, or it is not there.
        postHog.MapGet("/array/{token}/config.js", () => TypedResults.NotFound());
        postHog.MapGet("/static/{**rest}", () => TypedResults.NotFound());
        // There are no flags. Mixpanel has the same path under GET.
        postHog.MapPost("/flags", () => TypedResults.Json(Flags()));
        postHog.MapPost("/decide", () => TypedResults.Json(Decision()));
        // Recordings of sessions are not kept.
        postHog.MapPost("/s", () => TypedResults.Json(Ok()));
    }

    private static async Task<IResult> Capture(HttpContext http, SdkIntake intake, CancellationToken ct)
    {
        try
        {
            var (items, _) = await CaptureAsync(http, intake, ct);
            return TypedResults.Json(items.Count == 0 ? Failed("no_events", "There is no event in the body.") : Ok(),
                statusCode: items.Count == 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK);
        }
        catch (RefusedException refused)
        {
            return Refuse(http, refused);
        }
    }

    /// <summary>The same with an answer for each event, which the newest server SDK can ask for.</summary>
    private static async Task<IResult> CaptureWithResults(HttpContext http, SdkIntake intake, CancellationToken ct)
    {
        try
        {
            var (items, result) = await CaptureAsync(http, intake, ct);
            var dropped = result.Dropped.ToDictionary(d => d.Index, d => d.Reason);
            var results = new JsonObject();
            foreach (var item in items)
            {
                if (item.Source.Text("uuid") is { } uuid)
                {
                    results[uuid] = dropped.TryGetValue(item.Index, out var reason)
                        ? new JsonObject { ["result"] = "drop", ["details"] = reason.Code() }
                        : new JsonObject { ["result"] = "ok" };
                }
            }
            return TypedResults.Json(new JsonObject { ["results"] = results });
        }
        catch (RefusedException refused)
        {
            return Refuse(http, refused);
        }
    }

    private static async Task<(List<SdkItem> Items, SdkResult Result)> CaptureAsync(HttpContext http, SdkIntake intake, CancellationToken ct)
    {
        var receivedAt = intake.Now();
        var values = await intake.ReadAsync(http.Request, ct);
        var elements = new List<(SdkItem Item, string? Key)>();
        foreach (var value in values)
        {
            var batch = value.Field("batch");
            var sentAt = value.Field("sent_at") is var sent && sent.IsGiven() ? sent : value.Field("created_at");
            var envelope = new PostHogEnvelope(receivedAt, ClockSkew.Of(sentAt, receivedAt), sentAt.IsGiven());
            IEnumerable<JsonElement> events = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
                : batch.ValueKind == JsonValueKind.Array ? batch.EnumerateArray() : [value];
            foreach (var e in events)
            {
                if (elements.Count == SdkIntake.MostElements)
                    throw SdkIntake.TooMany();
                elements.Add((PostHogEvents.Read(e, elements.Count, envelope), Token(http.Request, value, e)));
            }
        }
        var result = await intake.StoreByKeyAsync(http, elements, receivedAt, ct);
        return ([.. elements.Select(element => element.Item)], result);
    }

    private static string? Token(HttpRequest request, JsonElement envelope, JsonElement e) =>
        envelope.Text("api_key") ?? PostHogEvents.Token(e) ?? envelope.Text("token")
        ?? NoneIfEmpty(request.Query["api_key"]) ?? NoneIfEmpty(request.Query["token"]) ?? SdkIntake.Bearer(request);

    private static string? NoneIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static JsonHttpResult<JsonObject> Refuse(HttpContext http, RefusedException refused)
    {
        SdkIntake.SetRetryAfter(http, refused);
        var status = refused.Status switch
        {
            StatusCodes.Status415UnsupportedMediaType => StatusCodes.Status400BadRequest,
            // The browser SDK drops what is answered with 429, and sends again what is answered with 503.
            StatusCodes.Status429TooManyRequests => StatusCodes.Status503ServiceUnavailable,
            var other => other,
        };
        return TypedResults.Json(Failed(refused.Code, refused.Message), statusCode: status);
    }

    private static JsonObject Failed(string code, string detail) =>
        new() { ["type"] = "validation_error", ["code"] = code, ["detail"] = detail };

    private static JsonObject Ok() => new() { ["status"] = "Ok" };

    /// <summary>Keeps the browser SDK to sending events: no flags, recordings, surveys or heatmaps.</summary>
    private static JsonObject Config(string token) => new()
    {
        ["token"] = token,
        ["supportedCompression"] = new JsonArray("gzip", "gzip-js"),
        ["hasFeatureFlags"] = false,
        ["autocapture_opt_out"] = true,
        ["captureDeadClicks"] = false,
        ["capturePerformance"] = false,
        ["autocaptureExceptions"] = false,
        ["sessionRecording"] = false,
        ["surveys"] = false,
        ["heatmaps"] = false,
        ["siteApps"] = new JsonArray(),
        ["analytics"] = new JsonObject { ["endpoint"] = "/i/v0/e/" },
    };

    private static JsonObject Flags() => new()
    {
        ["flags"] = new JsonObject(),
        ["featureFlags"] = new JsonObject(),
        ["featureFlagPayloads"] = new JsonObject(),
        ["errorsWhileComputingFlags"] = false,
        ["requestId"] = Guid.NewGuid().ToString(),
    };

    /// <summary>Older browser SDKs ask for flags and configuration at once.</summary>
    private static JsonObject Decision()
    {
        var decision = Config("");
        decision.Remove("token");
        decision.Remove("analytics");
        foreach (var (name, value) in Flags().ToList())
            decision[name] = value?.DeepClone();
        return decision;
    }
}
