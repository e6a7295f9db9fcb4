using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Model;

namespace Yarp.ReverseProxy.LoadBalancing;

/// <summary>The less busy of two that are chosen at random.</summary>
internal sealed class PowerOfTwoChoices : ILoadBalancingPolicy
{
    public string Name => nameof(PowerOfTwoChoices);

    public DestinationState PickDestination(
        HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        var first = RandomNumberGenerator.GetInt32(availableDestinations.Count);
        var second = (first + 1 + RandomNumberGenerator.GetInt32(availableDestinations.Count - 1)) % availableDestinations.Count;
        var (one, other) = (availableDestinations[first], availableDestinations[second]);
        return one.ConcurrentRequestCount <= other.ConcurrentRequestCount ? one : other;
    }
}
