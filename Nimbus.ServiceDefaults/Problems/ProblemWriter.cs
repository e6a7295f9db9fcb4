using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Writes every error document, ours and the framework's own (validation, …), with the same fields; and whatever the
/// caller's Accept header says: an error always has its body.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var document = context.ProblemDetails;
        Complete(document);
        return new(context.HttpContext.Response.WriteAsJsonAsync(
            document, document.GetType(), options: null, contentType: "application/problem+json", context.HttpContext.RequestAborted));
    }

    /// <summary>Adds what every document of ours has to one that the framework made.</summary>
    private static void Complete(ProblemDetails document)
    {
        var status = document.Status ?? StatusCodes.Status500InternalServerError;
        var code = document.Extensions.TryGetValue("code", out var given) && given is string text ? text
            : document is HttpValidationProblemDetails ? "validation_failed"
            : StatusProblems.Of(status).Code;
        document.Type = Problem.TypeOf(code);
        document.Title = Problem.TitleOf(status);
        document.Detail ??= document is HttpValidationProblemDetails
            ? "The request has values that are missing or cannot be used."
            : StatusProblems.Of(status).Detail;
        document.Extensions["code"] = code;
        document.Extensions["trace_id"] = Problem.TraceId();
    }
}
