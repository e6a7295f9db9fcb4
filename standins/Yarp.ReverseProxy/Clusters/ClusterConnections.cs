using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Yarp.ReverseProxy.Clusters;

/// <summary>One pool of connections per cluster, kept over changes of the configuration.</summary>
internal sealed class ClusterConnections : IDisposable
{
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _clients = new();

    public HttpMessageInvoker For(string clusterId) => _clients.GetOrAdd(clusterId, _ => new(
        new SocketsHttpHandler
        {
            // A proxy passes on what it gets: nothing is followed, decoded, remembered or sent elsewhere.
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = new ReplacingPropagator(DistributedContextPropagator.Current),
            ConnectTimeout = TimeSpan.FromSeconds(15),
        }));

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
    }
}
