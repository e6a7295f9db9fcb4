namespace Yarp.ReverseProxy.Model;

/// <summary>A cluster as it is at the moment.</summary>
public sealed class ClusterState
{
    private uint _next;

    internal ClusterState(string clusterId) => ClusterId = clusterId;

    /// <summary>The name that the configuration gives it.</summary>
    public string ClusterId { get; }

    internal uint Next() => Interlocked.Increment(ref _next) - 1;
}
