using Nimbus.Gateway.Cors;

namespace Nimbus.Gateway.Headers;

/// <summary>
/// What tells browsers to be strict. An answer that brings a header of its own keeps it: the pages at /docs have a wider policy.
/// </summary>
internal static class SecurityHeaders
{
    // Answers of the API are no documents: nothing in one is to be run, framed or guessed at.
    private const string Policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    public static void UseSecurityHeaders(this WebApplication app) => app.Use(static (context, next) =>
    {
        context.Response.OnStarting(static state =>
        {
            var context = (HttpContext)state;
            var headers = context.Response.Headers;
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            headers.TryAdd("X-Frame-Options", "DENY");
            if (headers.ContentType.ToString() is not { } type || !type.StartsWith("text/html", StringComparison.OrdinalIgnoreCase))
                headers.TryAdd("Content-Security-Policy", Policy);
            if (context.Request.IsHttps)
                headers.TryAdd("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
            // What one account was answered, no cache gives to another.
            if (context.Request.Headers.ContainsKey("Authorization") || context.Request.Path.StartsWithSegments("/v1/auth"))
                headers.TryAdd("Cache-Control", "no-store");
            return Task.CompletedTask;
        }, context);
        return next(context);
    });
}
