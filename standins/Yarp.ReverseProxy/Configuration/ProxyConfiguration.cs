using Microsoft.Extensions.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Yarp.ReverseProxy.Configuration;

/// <summary>What the application has told the proxy while it was composed.</summary>
internal sealed class ProxyConfiguration
{
    public IConfiguration Section { get; set; } = new ConfigurationBuilder().Build();

    /// <summary>Called once for each route.</summary>
    public List<Action<TransformBuilderContext>> Transforms { get; } = [];

    /// <summary>Called once for each cluster's client.</summary>
    public Action<ForwarderHttpClientContext, SocketsHttpHandler>? ConfigureClient { get; set; }
}
