using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Yarp.ReverseProxy.Clusters;

/// <summary>One pool of connections per cluster, kept over changes of the configuration.</summary>
internal sealed class ClusterConnections(ProxyConfiguration configuration) : IDisposable
{
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _clients = new();

    public HttpMessageInvoker For(string clusterId) => _clients.GetOrAdd(clusterId, Make);

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
    }

    private HttpMessageInvoker Make(string clusterId)
    {
        var handler = new SocketsHttpHandler
        {
            // A proxy passes on what it gets: nothing is followed, decoded, remembered or sent elsewhere.
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = new ReplacingPropagator(DistributedContextPropagator.Current),
            ConnectTimeout = TimeSpan.FromSeconds(15),
        };
        configuration.ConfigureClient?.Invoke(new ForwarderHttpClientContext { ClusterId = clusterId }, handler);
        return new HttpMessageInvoker(handler);
    }
}
