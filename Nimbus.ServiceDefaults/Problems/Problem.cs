using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// The error body of every service: <c>application/problem+json</c> (RFC 9457) with type, title, status, detail,
/// the machine-readable <c>code</c> and the <c>trace_id</c> under which the logs have more.
/// </summary>
public static class Problem
{
    /// <summary>An error with a stable code (snake_case) and a sentence for a person, without internals.</summary>
    public static ProblemHttpResult Of(int status, string code, string detail) =>
        TypedResults.Problem(Document(status, code, detail));

    /// <summary>400 <c>validation_failed</c>, with what is wrong by field (named as the client wrote it).</summary>
    public static ProblemHttpResult Invalid(
        IDictionary<string, string[]> errors,
        string detail = "The request has values that are missing or cannot be used.") =>
        Invalid("validation_failed", errors, detail);

    internal static ProblemHttpResult Invalid(string code, IDictionary<string, string[]> errors, string detail)
    {
        var document = Document(StatusCodes.Status400BadRequest, code, detail);
        document.Extensions["errors"] = errors;
        return TypedResults.Problem(document);
    }

    /// <summary>The id of the trace that the request belongs to: 32 hexadecimal digits.</summary>
    internal static string TraceId() =>
        (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString();

    internal static string TypeOf(string code) => $"urn:nimbus:problem:{code}";

    internal static string TitleOf(int status) =>
        ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : "Error";

    private static ProblemDetails Document(int status, string code, string detail) => new()
    {
        Type = TypeOf(code),
        Title = TitleOf(status),
        Status = status,
        Detail = detail,
        Extensions = { ["code"] = code, ["trace_id"] = TraceId() },
    };
}
