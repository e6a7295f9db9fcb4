using System.Net;
using System.Text.Json;

namespace Nimbus.Client;

/// <summary>Nimbus refused a request, or could not be reached for as long as the retries went on.</summary>
public sealed class NimbusException : Exception
{
    internal NimbusException(string message, HttpStatusCode? status, string? code, string? traceId, Exception? inner = null)
        : base(message, inner)
    {
        Status = status;
        Code = code;
        TraceId = traceId;
    }

    /// <summary>The status answered; null where no answer came.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>The stable code of the problem document, as <c>invalid_signature</c>; null without one.</summary>
    public string? Code { get; }

    /// <summary>What to quote to the operator of the server; null without a problem document.</summary>
    public string? TraceId { get; }

    internal static NimbusException Of(HttpStatusCode status, ReadOnlySpan<byte> body)
    {
        var problem = ProblemDocument.Read(body);
        var said = problem?.Detail ?? problem?.Title ?? "no problem document came with it";
        var code = problem?.Code is { } known ? $" {known}" : "";
        return new NimbusException($"{(int)status}{code}: {said}", status, problem?.Code, problem?.TraceId);
    }

    internal static NimbusException NotUnderstood(HttpStatusCode status, JsonException inner) =>
        new($"{(int)status}: the answer is not Nimbus's; is the address right?", status, null, null, inner);
}

/// <summary>What an <c>application/problem+json</c> answer says. <c>errors</c> is a list for a batch, else an object.</summary>
internal sealed record ProblemDocument(string? Title, string? Detail, string? Code, string? TraceId, JsonElement? Errors)
{
    internal static ProblemDocument? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, NimbusJson.Default.ProblemDocument);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
