using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Nimbus.Gateway.Routes;

namespace Nimbus.Gateway.Status;

internal static class MetricsSwitch
{
    private const string Scheme = "Bearer ";

    /// <summary>
    /// The gateway is open to everybody and its counters are not everybody's business: <c>/metrics</c> answers here only
    /// with <c>Nimbus:Gateway:Metrics=true</c>, or to who knows <c>Nimbus:Gateway:MetricsToken</c>.
    /// </summary>
    public static void UseMetricsSwitch(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<IOptions<GatewayLimits>>().Value;
        if (limits.Metrics)
            return;
        var token = limits.MetricsToken is { } text ? Hash(text) : null;
        app.Use((context, next) =>
        {
            if (!context.Request.Path.Equals("/metrics", StringComparison.OrdinalIgnoreCase) || IsShown(context.Request, token))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    private static bool IsShown(HttpRequest request, byte[]? token) =>
        token is not null && request.Headers.Authorization is [{ } shown] && shown.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Hash(shown[Scheme.Length..]), token);

    // Of one length, so that comparing takes one time.
    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
