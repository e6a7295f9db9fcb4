using Microsoft.AspNetCore.Http;

namespace Yarp.ReverseProxy.Transforms;

/// <summary>Tells the destination who asked and how; whatever the client claimed about that is replaced.</summary>
internal static class XForwarded
{
    public static void Set(HttpContext context, HttpRequestMessage request)
    {
        var address = context.Connection.RemoteIpAddress;
        Set(request, "X-Forwarded-For", (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString());
        Set(request, "X-Forwarded-Host", context.Request.Host.ToUriComponent());
        Set(request, "X-Forwarded-Proto", context.Request.Scheme);
        Set(request, "X-Forwarded-Prefix", context.Request.PathBase.ToUriComponent());
    }

    private static void Set(HttpRequestMessage request, string header, string? value)
    {
        request.Headers.Remove(header);
        if (!string.IsNullOrEmpty(value))
            request.Headers.TryAddWithoutValidation(header, value);
    }
}
