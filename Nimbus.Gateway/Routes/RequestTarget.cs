using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace Nimbus.Gateway.Routes;

/// <summary>
/// Path and query go on byte for byte as the client sent them. A signature covers the path as sent, and the proxy on its
/// own would decode and encode it anew (<c>%7E</c> would arrive as <c>~</c>, <c>%2F</c> as <c>%252F</c>).
/// </summary>
internal static class RequestTarget
{
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // TRICKY: the route was chosen by the decoded path, without its dot segments, and the service decodes what it gets
    // in the same way, being the same server. So both see the same path, and none reaches what has no route here.
    public static ValueTask ForwardAsReceived(RequestTransformContext request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        request.ProxyRequest.RequestUri = new Uri(
            request.DestinationPrefix.TrimEnd('/') + OriginForm(target), in Verbatim);
        return ValueTask.CompletedTask;
    }

    /// <summary>The path and query of a target: of <c>http://host/path?query</c>, as clients of proxies send it, as well.</summary>
    internal static string OriginForm(string target)
    {
        if (target.StartsWith('/'))
            return target;
        var authority = target.IndexOf("://", StringComparison.Ordinal) + 3;
        var path = target.AsSpan(authority).IndexOfAny('/', '?');
        if (path < 0)
            return "/";
        var rest = target[(authority + path)..];
        return rest.StartsWith('/') ? rest : "/" + rest;
    }
}
