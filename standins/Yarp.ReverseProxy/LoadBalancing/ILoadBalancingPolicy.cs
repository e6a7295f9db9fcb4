using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Model;

namespace Yarp.ReverseProxy.LoadBalancing;

/// <summary>Which of several destinations a request goes to.</summary>
public interface ILoadBalancingPolicy
{
    /// <summary>What the configuration calls it.</summary>
    string Name { get; }

    /// <summary>The destination; null where none will do.</summary>
    DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations);
}
