using System.Net;
using System.Net.Sockets;

namespace Nimbus.Tests.Hosting;

/// <summary>Ports of 127.0.0.1.</summary>
internal static class Ports
{
    /// <summary>One that is free now.</summary>
    public static int Free() => Free(1)[0];

    /// <summary>Several that are free now, no two the same.</summary>
    public static int[] Free(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
