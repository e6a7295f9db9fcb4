using System.Net;
using Polly;
using Polly.Timeout;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Which outcomes another attempt may mend, and when to make it.</summary>
internal static class Transient
{
    public static bool Is(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Result.StatusCode: >= HttpStatusCode.InternalServerError } => true,
        { Result.StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests } => true,
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        _ => false,
    };

    /// <summary>A connect timeout comes as a cancellation although nobody cancelled.</summary>
    public static bool IsConnectTimeout(Outcome<HttpResponseMessage> outcome, CancellationToken caller) =>
        !caller.IsCancellationRequested && outcome.Exception is OperationCanceledException { InnerException: TimeoutException };

    /// <summary>What the server asked for in Retry-After, never negative; null where it did not.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage? response, TimeProvider time)
    {
        var asked = response?.Headers.RetryAfter switch
        {
            { Date: { } date } => date - time.GetUtcNow(),
            { Delta: { } delta } => delta,
            _ => (TimeSpan?)null,
        };
        return asked < TimeSpan.Zero ? TimeSpan.Zero : asked;
    }
}
