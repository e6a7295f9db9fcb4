using System.Text.Json;
using System.Text.Json.Nodes;
using Nimbus.IngestService.Capture;

namespace Nimbus.IngestService.Compatibility.Mixpanel;

/// <summary>What the SDKs of Mixpanel speak to.</summary>
internal static class MixpanelEndpoints
{
    private static readonly string[] GetAndPost = ["GET", "POST"];

    public static void MapMixpanel(this IEndpointRouteBuilder routes)
    {
        var mixpanel = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        mixpanel.MapMethods("/track", GetAndPost, Track);
        mixpanel.MapMethods("/import", GetAndPost, Import);
        mixpanel.MapMethods("/engage", GetAndPost, Engage);
        mixpanel.MapMethods("/groups", GetAndPost, Groups);
        mixpanel.MapGet("/settings", () => TypedResults.Json(new JsonObject { ["sdk_config"] = new JsonObject { ["config"] = new JsonObject() } }));
        // PostHog has the same path under POST.
        mixpanel.MapGet("/flags", () => TypedResults.Json(new JsonObject { ["flags"] = new JsonObject() }));
        // Recordings of sessions are not kept.
        mixpanel.MapPost("/record", () => TypedResults.Json(new JsonObject { ["code"] = 200, ["status"] = "OK" }));
    }

    private static Task<IResult> Track(HttpContext http, SdkIntake intake, CancellationToken ct) =>
        CaptureAsync(http, intake, MixpanelEvents.Token, (source, index, now) => MixpanelEvents.Read(source, index, false, now), ct);

    private static Task<IResult> Engage(HttpContext http, SdkIntake intake, CancellationToken ct) =>
        CaptureAsync(http, intake, MixpanelProfiles.Token, (source, index, _) => MixpanelProfiles.ReadPerson(source, index), ct);

    private static Task<IResult> Groups(HttpContext http, SdkIntake intake, CancellationToken ct) =>
        CaptureAsync(http, intake, MixpanelProfiles.Token, (source, index, _) => MixpanelProfiles.ReadGroup(source, index), ct);

    private static async Task<IResult> CaptureAsync(
        HttpContext http, SdkIntake intake, Func<JsonElement, string?> token, Func<JsonElement, int, long, SdkItem> read, CancellationToken ct)
    {
        try
        {
            var receivedAt = intake.Now();
            var elements = await intake.ReadElementsAsync(http.Request, ct);
            var items = elements.Select((element, index) => read(element, index, receivedAt)).ToList();
            var result = await intake.StoreByKeyAsync(http, [.. items.Select(item => (item, token(item.Source)))], receivedAt, ct);
            return MixpanelAnswer.Of(http.Request, items, result, isImport: false);
        }
        catch (RefusedException refused)
        {
            return MixpanelAnswer.Of(http, refused, isImport: false);
        }
    }

    /// <summary>Any of: a key or a secret as the user of Basic, a secret as its password, api_key, and else the elements' tokens.</summary>
    private static async Task<IResult> Import(HttpContext http, SdkIntake intake, CancellationToken ct)
    {
        try
        {
            var receivedAt = intake.Now();
            var isStrict = MixpanelAnswer.IsStrict(http.Request);
            var elements = await intake.ReadElementsAsync(http.Request, ct);
            var items = elements.Select((element, index) => MixpanelEvents.Read(element, index, isStrict, receivedAt)).ToList();

            var (user, password) = SdkIntake.Basic(http.Request);
            var apiKey = http.Request.Query["api_key"].ToString();
            var result = user is null && apiKey.Length == 0
                ? await intake.StoreByKeyAsync(http, [.. items.Select(item => (item, MixpanelEvents.Token(item.Source)))], receivedAt, ct)
                : await intake.StoreAsync(
                    http, await intake.AuthenticateAsync(http, [user, apiKey, .. items.Take(1).Select(i => MixpanelEvents.Token(i.Source))], [user, password], ct),
                    items, receivedAt, ct);
            return MixpanelAnswer.Of(http.Request, items, result, isImport: true);
        }
        catch (RefusedException refused)
        {
            return MixpanelAnswer.Of(http, refused, isImport: true);
        }
    }
}
