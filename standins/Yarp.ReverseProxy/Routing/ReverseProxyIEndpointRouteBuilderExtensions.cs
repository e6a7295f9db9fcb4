using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the reverse proxy's routes.</summary>
public static class ReverseProxyIEndpointRouteBuilderExtensions
{
    /// <summary>Adds every configured route as an endpoint. Throws where the configuration has a mistake.</summary>
    public static ReverseProxyConventionBuilder MapReverseProxy(this IEndpointRouteBuilder endpoints)
    {
        var routes = endpoints.ServiceProvider.GetRequiredService<ProxyEndpoints>();
        endpoints.DataSources.Add(routes);
        return routes.Conventions;
    }
}
