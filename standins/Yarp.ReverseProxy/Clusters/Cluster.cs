using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Yarp.ReverseProxy.Clusters;

/// <summary>The destinations of a cluster and the connections to them.</summary>
internal sealed class Cluster(
    ClusterSettings settings, ILoadBalancingPolicy policy, IReadOnlyList<DestinationState> destinations, HttpMessageInvoker client)
{
    private readonly ClusterState _state = new(settings.ClusterId);

    public ClusterSettings Settings => settings;

    public IReadOnlyList<DestinationState> Destinations => destinations;

    public HttpMessageInvoker Client => client;

    /// <summary>The destination for one more request; null when there is none.</summary>
    public DestinationState? Pick(HttpContext context) => Available() switch
    {
        [] => null,
        [var only] => only,
        var several => policy.PickDestination(context, _state, several),
    };

    // Where none is healthy the request is tried all the same.
    private IReadOnlyList<DestinationState> Available()
    {
        if (settings.Health is not { } health)
            return destinations;
        var healthy = destinations.Where(destination => destination.Failures < health.Threshold).ToList();
        return healthy.Count > 0 ? healthy : destinations;
    }
}
