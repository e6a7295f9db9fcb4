using Microsoft.Extensions.Options;
using Nimbus.Gateway.Routes;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Headers;

/// <summary>Refuses what came in clear, where that is asked for. Redirected, a client would have sent its keys and events in clear all the same.</summary>
internal static class PlainHttp
{
    /// <summary>Behind <c>UseTrustedProxies</c>, which knows what the client used.</summary>
    public static void UseHttpsOnly(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<GatewayLimits>>().Value.RequireHttps)
            return;
        app.Use(static (context, next) => context.Request.IsHttps || IsProbe(context.Request.Path)
            ? next(context)
            : Problem.Of(StatusCodes.Status403Forbidden, "https_required", "Send this to the https address: what comes in clear is not taken, and not redirected.")
                .ExecuteAsync(context));
    }

    // Orchestrators and Prometheus ask past the proxy; who may see the metrics is decided where they are answered.
    private static bool IsProbe(PathString path) =>
        path.StartsWithSegments("/health") || path.StartsWithSegments("/readiness") || path.Equals("/metrics", StringComparison.OrdinalIgnoreCase);
}
