using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.Compatibility.Mixpanel;

/// <summary>
/// Mixpanel's answers, whose exact shapes matter: its server SDK takes anything but the one it asked for as an error.
/// </summary>
internal static class MixpanelAnswer
{
    // A transparent pixel.
    private static readonly byte[] Gif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    /// <summary>For a request whose elements were looked at one by one.</summary>
    public static IResult Of(HttpRequest request, IReadOnlyList<SdkItem> items, SdkResult result, bool isImport)
    {
        var isStrict = IsStrict(request);
        if (isImport && (isStrict || request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true))
            return Import(items, result, isStrict);
        return result is { Accepted: 0, Dropped: [var first, ..] }
            ? Plain(request, first.Reason.Message(), StatusCodes.Status200OK)
            : Plain(request, null, StatusCodes.Status200OK);
    }

    /// <summary>For a request of which nothing is taken.</summary>
    public static IResult Of(HttpContext http, RefusedException refused, bool isImport)
    {
        SdkIntake.SetRetryAfter(http, refused);
        var status = refused.Status == StatusCodes.Status415UnsupportedMediaType ? StatusCodes.Status400BadRequest : refused.Status;
        if (!isImport && status is not (StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests))
            return Plain(http.Request, refused.Message, status);
        return TypedResults.Json(
            new JsonObject
            {
                ["code"] = status,
                ["error"] = status == StatusCodes.Status401Unauthorized ? "Invalid credentials" : refused.Message,
                ["status"] = StatusText(status),
            },
            statusCode: status);
    }

    public static bool IsStrict(HttpRequest request) => request.Query["strict"] == "1";

    private static IResult Plain(HttpRequest request, string? error, int status)
    {
        var query = request.Query;
        if (query["verbose"] == "1")
            return TypedResults.Json(new JsonObject { ["status"] = error is null ? 1 : 0, ["error"] = error }, statusCode: status);
        if (query["img"] == "1")
            return TypedResults.Bytes(Gif, "image/gif");
        var body = error is null ? "1" : "0";
        return query["callback"].ToString() is { Length: > 0 and < 100 } callback && callback.All(IsPartOfName)
            ? TypedResults.Text($"{callback}({body});", "text/javascript", statusCode: status)
            : TypedResults.Text(body, "text/plain", statusCode: status);
    }

    private static JsonHttpResult<JsonObject> Import(IReadOnlyList<SdkItem> items, SdkResult result, bool isStrict)
    {
        if (!isStrict || result.Dropped.Count == 0)
        {
            return TypedResults.Json(
                new JsonObject { ["code"] = 200, ["num_records_imported"] = result.Accepted, ["status"] = "OK" });
        }
        var failed = result.Dropped.Select(d => new JsonObject
        {
            ["index"] = d.Index,
            ["insert_id"] = items[d.Index].Source.Field("properties").Text("$insert_id"),
            ["field"] = Field(d.Reason),
            ["message"] = d.Reason.Message(),
        });
        return TypedResults.Json(
            new JsonObject
            {
                ["code"] = 400,
                ["error"] = "some data points in the request failed validation",
                ["num_records_imported"] = result.Accepted,
                ["status"] = "Bad Request",
                ["failed_records"] = new JsonArray([.. failed]),
            },
            statusCode: StatusCodes.Status400BadRequest);
    }

    private static string Field(DropReason reason) => reason switch
    {
        DropReason.InvalidName => "event",
        DropReason.MissingTs or DropReason.InvalidTs or DropReason.TsInFuture or DropReason.TsTooOld => "properties.time",
        DropReason.MissingId or DropReason.PlaceholderId or DropReason.InvalidUserId => "properties.distinct_id",
        DropReason.InvalidAnonymousId => "properties.$device_id",
        DropReason.InvalidInsertId or DropReason.InvalidIdempotencyKey => "properties.$insert_id",
        DropReason.UnknownToken => "properties.token",
        _ => "properties",
    };

    private static string StatusText(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "Bad Request",
        StatusCodes.Status401Unauthorized => "Unauthorized",
        StatusCodes.Status403Forbidden => "Forbidden",
        StatusCodes.Status413PayloadTooLarge => "Request Entity Too Large",
        StatusCodes.Status429TooManyRequests => "Too Many Requests",
        _ => "Service Unavailable",
    };

    private static bool IsPartOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '.';
}
