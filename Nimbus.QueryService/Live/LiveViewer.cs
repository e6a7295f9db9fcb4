using System.Net.WebSockets;
using System.Threading.Channels;

namespace Nimbus.QueryService.Live;

/// <summary>One open connection. Messages wait for it up to a bound; who reads slower than that is dropped.</summary>
internal sealed class LiveViewer(WebSocket socket, Guid userId, Guid sessionId, DateTimeOffset since, int maxWaiting) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Channel<byte[]> _messages = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });

    // TRICKY: cancelling what a socket is doing cuts it. So that it can still say why it closes, the first of these only ends
    // the waiting for messages; the second cuts.
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _cut = new();
    private string? _why;

    public Guid UserId => userId;

    public Guid SessionId => sessionId;

    public DateTimeOffset Since => since;

    /// <summary>False when too many messages wait already: the viewer is dropped.</summary>
    public bool Send(byte[] message)
    {
        if (_messages.Writer.TryWrite(message)) return true;
        UnlessDisposed(() =>
        {
            _ended.Cancel();
            _cut.Cancel();
        });
        return false;
    }

    /// <summary>Ends the connection, with a reason for the viewer.</summary>
    public void End(string why)
    {
        Interlocked.CompareExchange(ref _why, why, null);
        UnlessDisposed(() =>
        {
            _ended.Cancel();
            _cut.CancelAfter(Patience);
        });
    }

    public void Dispose()
    {
        _ended.Dispose();
        _cut.Dispose();
    }

    /// <summary>Until the viewer goes, is dropped, or the service stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var stops = stopping.Register(() => End("going_away"));
        var reading = ReadAsync();
        try
        {
            await foreach (var message in _messages.Reader.ReadAllAsync(_ended.Token))
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _cut.Token);
        }
        catch (Exception gone) when (IsGone(gone))
        {
        }
        await CloseAsync();
        _cut.CancelAfter(Patience);
        await reading;
    }

    // Nothing that a viewer sends means anything, but reading is how its going is noticed.
    private async Task ReadAsync()
    {
        var ignored = new byte[1024];
        try
        {
            while ((await socket.ReceiveAsync(ignored, _cut.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
        }
        await _ended.CancelAsync();
    }

    private async Task CloseAsync()
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        var status = _why switch
        {
            null => WebSocketCloseStatus.NormalClosure,
            "going_away" => WebSocketCloseStatus.EndpointUnavailable,
            _ => WebSocketCloseStatus.PolicyViolation,
        };
        try
        {
            await socket.CloseOutputAsync(status, _why, _cut.Token);
        }
        catch (Exception gone) when (IsGone(gone))
        {
        }
    }

    /// <summary>Does it unless the connection has ended already.</summary>
    private static void UnlessDisposed(Action end)
    {
        try
        {
            end();
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private static bool IsGone(Exception e) =>
        e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException or InvalidOperationException;
}
