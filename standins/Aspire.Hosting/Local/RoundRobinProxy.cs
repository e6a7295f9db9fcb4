using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Local;

/// <summary>
/// One address in front of several replicas: each connection goes to the next of those that run. One that is being stopped keeps
/// the connections it has and gets no further ones; while there is none that takes a connection, its caller waits.
/// </summary>
internal sealed class RoundRobinProxy : IDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly TcpListener listener;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private int[] running = [];
    private uint next;

    public RoundRobinProxy(int port)
    {
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = AcceptAsync();
    }

    public void Runs(int replica)
    {
        lock (gate) running = [.. running.Where(port => port != replica), replica];
    }

    public void Stops(int replica)
    {
        lock (gate) running = [.. running.Where(port => port != replica)];
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var ended = stop.Token;
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(ended), ended);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Stopped listening.
        }
    }

    private async Task ServeAsync(TcpClient caller, CancellationToken ended)
    {
        using var near = caller;
        try
        {
            using var far = await ConnectAsync(near, ended);
            if (far is null) return;
            near.NoDelay = far.NoDelay = true;
            await Task.WhenAll(
                CopyAsync(near, far),
                CopyAsync(far, near));
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException or OperationCanceledException)
        {
            // One side is gone, and the other closed with it.
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // Else who waits for an answer of a process that was killed would wait for ever.
            from.Dispose();
            to.Dispose();
            throw;
        }
    }

    /// <summary>Null where the caller has gone meanwhile.</summary>
    private async Task<TcpClient?> ConnectAsync(TcpClient caller, CancellationToken ended)
    {
        while (true)
        {
            var candidates = running;
            for (var attempt = 0; attempt < candidates.Length; attempt++)
            {
                var replica = new TcpClient();
                try
                {
                    await replica.ConnectAsync("localhost", candidates[(int)(Interlocked.Increment(ref next) % (uint)candidates.Length)], ended);
                    return replica;
                }
                catch (Exception e) when (e is SocketException or OperationCanceledException)
                {
                    replica.Dispose();
                    ended.ThrowIfCancellationRequested();
                }
            }

            await Task.Delay(BetweenTries, ended);
            // Readable without anything to read: closed.
            if (caller.Client.Poll(0, SelectMode.SelectRead) && caller.Available == 0) return null;
        }
    }
}
