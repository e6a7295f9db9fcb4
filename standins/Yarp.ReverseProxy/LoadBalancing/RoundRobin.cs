using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Model;

namespace Yarp.ReverseProxy.LoadBalancing;

/// <summary>One after the other.</summary>
internal sealed class RoundRobin : ILoadBalancingPolicy
{
    public string Name => nameof(RoundRobin);

    public DestinationState PickDestination(
        HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations) =>
        availableDestinations[(int)(cluster.Next() % (uint)availableDestinations.Count)];
}
