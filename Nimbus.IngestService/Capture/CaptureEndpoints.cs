using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Capture;

/// <summary>Where events come in.</summary>
internal static class CaptureEndpoints
{
    public static IEndpointRouteBuilder MapCapture(this IEndpointRouteBuilder routes)
    {
        // Both are routed here under the path the client sent, which its signature covers.
        Describe(routes.MapPost("/v1/events", Capture)).WithName("CaptureEvents");
        Describe(routes.MapPost("/events", Capture)).WithName("CaptureEventsUnversioned");
        return routes;
    }

    internal static async Task<Results<Accepted<CaptureResult>, ProblemHttpResult>> Capture(
        HttpContext http, EventCapture capture, IngestMetrics metrics, CancellationToken ct)
    {
        using var timer = metrics.TimeRequest();
        try
        {
            var result = await capture.CaptureAsync(http, ct);
            return result.Rejected > 0 && result.Accepted + result.Duplicates == 0
                ? NoneGood(result)
                : TypedResults.Accepted((string?)null, result);
        }
        catch (RefusedException refused)
        {
            if (refused.RetryAfter is { } wait)
                http.Response.Headers.RetryAfter = wait.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            if (refused.Bucket is { } bucket)
                State(http.Response.Headers, bucket);
            return Problem.Of(refused.Status, refused.Code, refused.Message);
        }
    }

    private static void State(IHeaderDictionary headers, BucketAnswer bucket)
    {
        headers["RateLimit-Limit"] = bucket.Capacity.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = bucket.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Reset"] = Math.Ceiling(bucket.Full.TotalSeconds).ToString(CultureInfo.InvariantCulture);
    }

    private static ProblemHttpResult NoneGood(CaptureResult result)
    {
        var problem = Problem.Of(StatusCodes.Status400BadRequest, "no_valid_events", "None of the events can be taken.");
        problem.ProblemDetails.Extensions["accepted"] = 0;
        problem.ProblemDetails.Extensions["duplicates"] = 0;
        problem.ProblemDetails.Extensions["rejected"] = result.Rejected;
        problem.ProblemDetails.Extensions["errors"] = result.Errors;
        return problem;
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithTags("Events")
        .WithSummary("Sends events")
        .WithDescription(
            "Authenticates by X-Api-Key-Id, X-Api-Timestamp and X-Api-Signature, by X-API-Key, by X-Write-Key, or by Basic with a "
            + "write key as the user. The body may be compressed by gzip, br or deflate.")
        // Browsers send JSON under other types to spare themselves a preflight, so any type is let in.
        .Accepts<CaptureRequest>("application/json", "*/*")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
        .AllowAnonymous();
}
