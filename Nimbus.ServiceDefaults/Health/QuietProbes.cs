using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OpenTelemetry;

namespace Nimbus.ServiceDefaults;

/// <summary>Leaves probes, and what they cause (a SELECT, a PING), out of the traces.</summary>
internal static class QuietProbes
{
    public static IApplicationBuilder UseQuietProbes(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<ProbeMetadata>() is null)
        {
            await next(context);
            return;
        }
        // The request's own span exists already; unrecorded, the exporter passes over it.
        if (Activity.Current is { } span)
        {
            span.IsAllDataRequested = false;
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
        using var _ = SuppressInstrumentationScope.Begin();
        await next(context);
    });
}
