using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Yarp.ReverseProxy.Clusters;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Routing;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the reverse proxy and its configuration.</summary>
public static class ReverseProxyServiceCollectionExtensions
{
    /// <summary>Registers the reverse proxy.</summary>
    public static IReverseProxyBuilder AddReverseProxy(this IServiceCollection services)
    {
        services.TryAddSingleton<ClusterConnections>();
        services.TryAddSingleton<HealthProbes>();
        services.AddSingleton<ILoadBalancingPolicy, PowerOfTwoChoices>().AddSingleton<ILoadBalancingPolicy, RoundRobin>();
        services.TryAddSingleton<Yarp.ReverseProxy.Forwarding.Forwarder>();
        services.TryAddSingleton<ProxyEndpoints>();
        var builder = new ReverseProxyBuilder(services, new ProxyConfiguration());
        services.TryAddSingleton(builder.Configuration);
        return builder;
    }

    /// <summary>Takes routes and clusters from a section of the configuration, followed as it changes.</summary>
    public static IReverseProxyBuilder LoadFromConfig(this IReverseProxyBuilder builder, IConfiguration config)
    {
        ((ReverseProxyBuilder)builder).Configuration.Section = config;
        return builder;
    }

    /// <summary>Adds transforms to every route; <paramref name="action"/> is called once for each.</summary>
    public static IReverseProxyBuilder AddTransforms(this IReverseProxyBuilder builder, Action<TransformBuilderContext> action)
    {
        ((ReverseProxyBuilder)builder).Configuration.Transforms.Add(action);
        return builder;
    }

    /// <summary>Changes the client of each cluster as it is made.</summary>
    public static IReverseProxyBuilder ConfigureHttpClient(
        this IReverseProxyBuilder builder, Action<ForwarderHttpClientContext, SocketsHttpHandler> configure)
    {
        ((ReverseProxyBuilder)builder).Configuration.ConfigureClient += configure;
        return builder;
    }

    private sealed record ReverseProxyBuilder(IServiceCollection Services, ProxyConfiguration Configuration)
        : IReverseProxyBuilder;
}
