using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the reverse proxy's routes.</summary>
public static class ReverseProxyIEndpointRouteBuilderExtensions
{
    /// <summary>Adds every configured route as an endpoint.</summary>
    public static ReverseProxyConventionBuilder MapReverseProxy(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return new ReverseProxyConventionBuilder();
    }
}
