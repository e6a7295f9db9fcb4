using System.Security.Cryptography;
using System.Text;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Nimbus.Gateway.Routes;

/// <summary>
/// Sends all that is asked about a project to the same query service, since that one has the project's segments. By rendezvous:
/// of the services that are healthy the one whose name and the project hash highest. So a service that comes or goes moves its
/// own share of the projects, and no other. A service that is asked about another's project answers too, but has to build it first.
/// </summary>
internal sealed class ProjectHash : ILoadBalancingPolicy
{
    public string Name => "ProjectHash";

    public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        var project = RequestedProject.Of(context) ?? Guid.Empty;
        // A service may have several addresses; its name decides, and then the least busy of them.
        return availableDestinations
            .OrderByDescending(destination => Weight(NameOf(destination), project))
            .ThenBy(destination => destination.ConcurrentRequestCount)
            .FirstOrDefault();
    }

    /// <summary>A resolved destination is called <c>name[address]</c>, and addresses change.</summary>
    internal static string NameOf(DestinationState destination) => destination.DestinationId.Split('[')[0];

    /// <summary>The first 64 bits of SHA-256 over the name and the project: the same in every gateway, of every version.</summary>
    internal static ulong Weight(string service, Guid project)
    {
        var text = Encoding.UTF8.GetBytes($"{service}/{project:D}");
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(text));
    }
}
