using Microsoft.Extensions.Primitives;

namespace Yarp.ReverseProxy.Clusters;

/// <summary>Turns the configured address of a destination into the addresses to send to.</summary>
internal interface IDestinationResolver
{
    /// <summary>Fires when addresses have to be resolved again; null where they never change.</summary>
    IChangeToken? Changed { get; }

    /// <summary>At least one address, each with what the configured one has as a path.</summary>
    IReadOnlyList<string> Resolve(string address);
}
