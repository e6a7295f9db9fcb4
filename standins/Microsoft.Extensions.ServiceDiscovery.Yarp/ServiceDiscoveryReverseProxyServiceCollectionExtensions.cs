using Microsoft.Extensions.ServiceDiscovery.Yarp;
using Yarp.ReverseProxy.Clusters;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Service discovery for the reverse proxy.</summary>
public static class ServiceDiscoveryReverseProxyServiceCollectionExtensions
{
    /// <summary>Resolves service names in the addresses of destinations.</summary>
    public static IReverseProxyBuilder AddServiceDiscoveryDestinationResolver(this IReverseProxyBuilder builder)
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.AddSingleton<IDestinationResolver, ServiceDiscoveryDestinationResolver>();
        return builder;
    }
}
