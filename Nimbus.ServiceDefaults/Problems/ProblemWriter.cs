using Microsoft.AspNetCore.Http;

namespace Nimbus.ServiceDefaults;

/// <summary>Writes the framework's error documents whatever the caller's Accept header says: an error always has its body.</summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context) => new(context.HttpContext.Response.WriteAsJsonAsync(
        context.ProblemDetails,
        context.ProblemDetails.GetType(),
        options: null,
        contentType: "application/problem+json",
        context.HttpContext.RequestAborted));
}
