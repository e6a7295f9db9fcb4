namespace Nimbus.IdentityService.Projects;

/// <summary>What is kept of where a browser's events come from (docs/sdks.md).</summary>
public enum TrafficDetail
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Browser, system, device, country, and whether it is a robot.</summary>
    Browser,

    /// <summary>The same, and the network of its address.</summary>
    Network,
}
