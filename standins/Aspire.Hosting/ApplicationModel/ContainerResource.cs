using Aspire.Hosting.Local;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A server that real Aspire runs from an image, and this stand-in as a local process.</summary>
public abstract class ContainerResource : Resource,
    IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    internal ContainerResource(string name)
        : base(name)
    {
    }

    internal override string ResourceType => "Container";

    internal override bool HasProcess => !IsElsewhere;

    internal override bool IsElsewhere => ExternalConnectionString is not null;

    internal override bool IsRestarted => true;

    /// <summary>From the configuration key ConnectionStrings:{name}: a server of the user's own instead of ours.</summary>
    internal string? ExternalConnectionString { get; set; }

    /// <summary>The volume's name once there is one; null keeps the data for this run alone.</summary>
    internal string? DataVolume { get; set; }

    internal Endpoint PrimaryEndpoint => Endpoints[0];
}

/// <summary>How long a container lives.</summary>
public enum ContainerLifetime
{
    /// <summary>As long as the AppHost.</summary>
    Session,

    /// <summary>Longer than the AppHost. The stand-in stops its servers with it all the same.</summary>
    Persistent,
}
