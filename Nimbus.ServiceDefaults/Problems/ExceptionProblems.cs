using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Nimbus.ServiceDefaults;

/// <summary>Turns what a request threw into its error document: what the caller did wrong in full, our own faults without internals.</summary>
internal sealed partial class ExceptionProblems : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken ct)
    {
        if (exception is ProblemException { RetryAfter: { } wait })
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        await Of(exception).ExecuteAsync(context);
        return true;
    }

    internal static ProblemHttpResult Of(Exception exception) => exception switch
    {
        ProblemException problem => Problem.Of(problem.Status, problem.Code, problem.Message),
        BadHttpRequestException { InnerException: JsonException json } => Unreadable(json),
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad => Misbound(bad),
        BadHttpRequestException bad => ByStatus(bad.StatusCode),
        _ => ByStatus(StatusCodes.Status500InternalServerError),
    };

    internal static ProblemHttpResult ByStatus(int status)
    {
        var (code, detail) = StatusProblems.Of(status);
        return Problem.Of(status, code, detail);
    }

    private static ProblemHttpResult Unreadable(JsonException json)
    {
        // Path and position help the caller; the message itself names types of ours.
        var place = json.Path is { Length: > 1 } path ? $" at {path}" : "";
        var line = json.LineNumber is { } number ? $" (line {number + 1}, byte {json.BytePositionInLine + 1})" : "";
        return Problem.Of(
            StatusCodes.Status400BadRequest, "invalid_json", $"The body is not the JSON that is expected here{place}{line}.");
    }

    private static ProblemHttpResult Misbound(BadHttpRequestException bad)
    {
        // The framework tells which parameter only in its message, with C# types: name it as the client does instead.
        if (FailedParameter().Match(bad.Message) is { Success: true } failed)
            return Of(failed, "This value cannot be read.");
        if (MissingParameter().Match(bad.Message) is { Success: true } missing)
            return missing.Groups["source"].ValueSpan.Contains("body", StringComparison.Ordinal)
                ? Problem.Of(StatusCodes.Status400BadRequest, "invalid_json", "A JSON body is expected here.")
                : Of(missing, "This value is required.");
        if (bad.Message.Contains("body was provided", StringComparison.Ordinal))
            return Problem.Of(StatusCodes.Status400BadRequest, "invalid_json", "A JSON body is expected here.");
        return ByStatus(StatusCodes.Status400BadRequest);
    }

    private static ProblemHttpResult Of(Match parameter, string error) => Problem.Invalid(new Dictionary<string, string[]>
    {
        [JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Groups["name"].Value)] = [error],
    });

    [GeneratedRegex("^Failed to bind parameter \"[^\"]*?(?<name>[A-Za-z0-9_]+)\" from")]
    private static partial Regex FailedParameter();

    [GeneratedRegex("^Required parameter \"[^\"]*?(?<name>[A-Za-z0-9_]+)\" was not provided from (?<source>.*)$")]
    private static partial Regex MissingParameter();
}
