namespace Yarp.ReverseProxy.Forwarder;

/// <summary>For which cluster a client is made.</summary>
public class ForwarderHttpClientContext
{
    /// <summary>The name that the configuration gives the cluster.</summary>
    public string ClusterId { get; init; } = default!;
}
