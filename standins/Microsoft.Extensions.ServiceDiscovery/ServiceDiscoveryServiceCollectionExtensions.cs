using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Service discovery for an application.</summary>
public static class ServiceDiscoveryServiceCollectionExtensions
{
    /// <summary>Registers the resolver of service names, which reads <c>services:{name}:{endpoint}:{n}</c>.</summary>
    public static IServiceCollection AddServiceDiscovery(this IServiceCollection services)
    {
        services.TryAddSingleton<ServiceEndpoints>();
        return services;
    }
}
