using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Yarp.ReverseProxy.Forwarding;

/// <summary>WebSockets: after the destination's 101 the two connections are joined byte for byte.</summary>
internal static class Upgrade
{
    public static bool IsAskedBy(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase);

    public static void Ask(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation(HeaderNames.Connection, "Upgrade");
        request.Headers.TryAddWithoutValidation(HeaderNames.Upgrade, "websocket");
    }

    public static async Task JoinAsync(HttpContext context, HttpResponseMessage response, ActivityTimeout timeout)
    {
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.Upgrade = "websocket";
        using var client = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        using var destination = await response.Content.ReadAsStreamAsync(timeout.Token);
        var toDestination = StreamCopy.RunAsync(client, destination, timeout);
        var toClient = StreamCopy.RunAsync(destination, client, timeout);
        var first = await Task.WhenAny(toDestination, toClient);
        // The destination has closed, or something broke: there is nobody left to speak to. A client that has closed
        // may still be sent the rest.
        if (first == toClient || (await first).End != CopyEnd.Whole)
            await timeout.StopAsync();
        await Task.WhenAll(toDestination, toClient);
    }
}
