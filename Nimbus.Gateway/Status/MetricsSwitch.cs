using Microsoft.Extensions.Options;
using Nimbus.Gateway.Routes;

namespace Nimbus.Gateway.Status;

internal static class MetricsSwitch
{
    /// <summary>
    /// The gateway is open to everybody and its counters are not everybody's business: <c>/metrics</c> answers here only
    /// with <c>Nimbus:Gateway:Metrics=true</c>.
    /// </summary>
    public static void UseMetricsSwitch(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<GatewayLimits>>().Value.Metrics)
            return;
        app.Use((context, next) =>
        {
            if (!context.Request.Path.Equals("/metrics", StringComparison.OrdinalIgnoreCase))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }
}
