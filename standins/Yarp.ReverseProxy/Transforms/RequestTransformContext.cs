using Microsoft.AspNetCore.Http;

namespace Yarp.ReverseProxy.Transforms;

/// <summary>A request on its way to a destination.</summary>
public class RequestTransformContext
{
    /// <summary>The request as it came.</summary>
    public HttpContext HttpContext { get; init; } = default!;

    /// <summary>The request to send, headers copied; a transform that sets its address decides it.</summary>
    public HttpRequestMessage ProxyRequest { get; init; } = default!;

    /// <summary>The destination's own address, before the path.</summary>
    public string DestinationPrefix { get; set; } = default!;
}
