using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Local;

/// <summary>One address in front of several replicas: each connection goes to the next of them that answers.</summary>
internal sealed class RoundRobinProxy : IDisposable
{
    private readonly TcpListener listener;
    private readonly IReadOnlyList<int> replicas;
    private uint next;

    public RoundRobinProxy(int port, IReadOnlyList<int> replicas)
    {
        this.replicas = replicas;
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = AcceptAsync();
    }

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped listening.
        }
    }

    private async Task ServeAsync(TcpClient caller)
    {
        using var near = caller;
        try
        {
            using var far = await ConnectAsync();
            if (far is null) return;
            near.NoDelay = far.NoDelay = true;
            await Task.WhenAll(
                CopyAsync(near, far),
                CopyAsync(far, near));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // One side is gone; closing the other tells it.
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to)
    {
        await from.GetStream().CopyToAsync(to.GetStream());
        to.Client.Shutdown(SocketShutdown.Send);
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        for (var attempt = 0; attempt < replicas.Count; attempt++)
        {
            var replica = new TcpClient();
            try
            {
                await replica.ConnectAsync("localhost", replicas[(int)(Interlocked.Increment(ref next) % (uint)replicas.Count)]);
                return replica;
            }
            catch (SocketException)
            {
                replica.Dispose();
            }
        }

        return null;
    }
}
