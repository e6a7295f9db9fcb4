using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Clusters;

namespace Microsoft.Extensions.ServiceDiscovery.Yarp;

/// <summary>Every address of the service that a destination names is a destination.</summary>
internal sealed class ServiceDiscoveryDestinationResolver(ServiceEndpoints endpoints) : IDestinationResolver
{
    public IChangeToken Changed => endpoints.Changed;

    public IReadOnlyList<string> Resolve(string address)
    {
        var asked = new Uri(address);
        return endpoints.All(asked)
            .Select(at => new UriBuilder(asked) { Scheme = at.Scheme, Host = at.Host, Port = at.Port }.Uri.ToString())
            .ToList();
    }
}
