using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Nimbus.Gateway.Routes;

/// <summary>
/// Waits a little for a service that takes no connections: one that is just being replaced is back in a few seconds, and what
/// was asked meanwhile need not fail. Nothing of a request has been sent then, so waiting changes nothing but the time.
/// </summary>
internal sealed class ConnectPatience(TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    // One try at a time for all who wait for the same address: thousands may.
    private readonly ConcurrentDictionary<DnsEndPoint, Lazy<Task>> _waiting = new();

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException refused) when (
                refused.SocketErrorCode == SocketError.ConnectionRefused && time.GetElapsedTime(begun) is var waited && waited < patience)
            {
                socket.Dispose();
                var endpoint = context.DnsEndPoint;
                await _waiting.GetOrAdd(endpoint, _ => new Lazy<Task>(() => UntilItAcceptsAsync(endpoint))).Value.WaitAsync(ct);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private async Task UntilItAcceptsAsync(DnsEndPoint endpoint)
    {
        var begun = time.GetTimestamp();
        try
        {
            while (time.GetElapsedTime(begun) < patience)
            {
                await Task.Delay(BetweenTries, time);
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(endpoint);
                    return;
                }
                catch (SocketException)
                {
                    // Not yet.
                }
            }
        }
        finally
        {
            _waiting.TryRemove(endpoint, out _);
        }
    }
}
