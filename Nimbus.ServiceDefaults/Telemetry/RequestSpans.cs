using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Completes the framework's span of a request by OpenTelemetry's conventions: the framework says at its start what came
/// in, this says at its end where it went and how it ended. Probes, and what they cause, stay out of the traces.
/// </summary>
internal static class RequestSpans
{
    public static IApplicationBuilder UseRequestSpans(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var span = context.Features.Get<IHttpActivityFeature>()?.Activity;
        if (context.GetEndpoint()?.Metadata.GetMetadata<ProbeMetadata>() is not null)
            return PassUnseenAsync(context, next, span);
        return span is { IsAllDataRequested: true } ? PassSeenAsync(context, next, span) : next(context);
    });

    private static async Task PassUnseenAsync(HttpContext context, RequestDelegate next, Activity? span)
    {
        if (span is not null)
        {
            // It exists already; unrecorded, the exporter passes over it.
            span.IsAllDataRequested = false;
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
        // The check's own SELECT or PING must not start a trace either, whatever the sampler.
        using var _ = SuppressInstrumentationScope.Begin();
        await next(context);
    }

    private static async Task PassSeenAsync(HttpContext context, RequestDelegate next, Activity span)
    {
        // Before the request runs: the exception handler takes the endpoint away.
        if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route)
        {
            span.DisplayName = $"{context.Request.Method} {route}";
            span.SetTag("http.route", route);
        }
        await next(context);
        var status = context.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetTag("error.type", status.ToString(CultureInfo.InvariantCulture));
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
