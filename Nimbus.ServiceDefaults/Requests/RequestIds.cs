using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Gives every request an id and every answer that id in <c>X-Request-Id</c>: the caller's own where it is sane, so that
/// a caller finds its request in our logs, else a new one. It is passed on to services behind this one.
/// </summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    private const int MaxLength = 128;

    public static IApplicationBuilder UseRequestIds(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var sent = context.Request.Headers[Header];
        var id = sent is [{ } one] && IsSane(one) ? one : Guid.CreateVersion7().ToString("N");
        context.TraceIdentifier = id;
        context.Request.Headers[Header] = id;
        // As the answer starts and not now: the exception handler clears headers, and a proxied answer brings its own.
        context.Response.OnStarting(static state =>
        {
            var context = (HttpContext)state;
            context.Response.Headers[Header] = context.TraceIdentifier;
            return Task.CompletedTask;
        }, context);
        return next(context);
    });

    /// <summary>Visible ASCII of at most 128 characters: nothing that could break a log line or a header.</summary>
    internal static bool IsSane(string id) =>
        id.Length is > 0 and <= MaxLength && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
