using System.Security.Cryptography;
using Yarp.ReverseProxy.Configuration;

namespace Yarp.ReverseProxy.Clusters;

/// <summary>The destinations of a cluster and the connections to them.</summary>
internal sealed class Cluster(ClusterSettings settings, IReadOnlyList<Destination> destinations, HttpMessageInvoker client)
{
    private uint _next;

    public TimeSpan ActivityTimeout => settings.ActivityTimeout;

    public HttpMessageInvoker Client => client;

    /// <summary>The destination for one more request; null when there is none.</summary>
    public Destination? Pick() => destinations switch
    {
        [] => null,
        [var only] => only,
        _ when settings.LoadBalancing is LoadBalancing.RoundRobin =>
            destinations[(int)((Interlocked.Increment(ref _next) - 1) % (uint)destinations.Count)],
        _ => LessBusyOfTwo(),
    };

    private Destination LessBusyOfTwo()
    {
        var first = RandomNumberGenerator.GetInt32(destinations.Count);
        var second = (first + 1 + RandomNumberGenerator.GetInt32(destinations.Count - 1)) % destinations.Count;
        return destinations[first].UnderWay <= destinations[second].UnderWay ? destinations[first] : destinations[second];
    }
}
