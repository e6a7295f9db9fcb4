using System.Net.WebSockets;
using Nimbus.QueryService.Live;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Query;

/// <summary>One live connection.</summary>
public sealed class LiveViewerTests
{
    [Fact]
    public async Task Who_does_not_read_is_dropped_and_not_waited_for()
    {
        using var socket = new Socket { TakesMessages = false };
        using var viewer = Over(socket, maxWaiting: 10);
        var running = viewer.RunAsync(default);

        // One is on its way, ten wait.
        var sent = 0;
        while (viewer.Send([1])) sent++;

        Assert.InRange(sent, 10, 11);
        await running.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Null(socket.ClosedBecause);
    }

    [Fact]
    public async Task A_viewer_is_told_why_the_connection_ends()
    {
        using var socket = new Socket();
        using var viewer = Over(socket);
        var running = viewer.RunAsync(default);
        Assert.True(viewer.Send([1]));

        viewer.End("session_ended");

        await running.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("session_ended", socket.ClosedBecause);
    }

    [Fact]
    public async Task Messages_go_out_in_their_order_until_the_service_stops()
    {
        using var stopping = new CancellationTokenSource();
        using var socket = new Socket();
        using var viewer = Over(socket);
        var running = viewer.RunAsync(stopping.Token);
        for (byte i = 0; i < 100; i++) Assert.True(viewer.Send([i]));
        await Eventually.TrueAsync(() => Task.FromResult(socket.Sent.Count == 100), () => $"{socket.Sent.Count} were sent", TimeSpan.FromSeconds(10));

        await stopping.CancelAsync();

        await running.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(Enumerable.Range(0, 100), socket.Sent.Select(message => (int)message));
        Assert.Equal("going_away", socket.ClosedBecause);
    }

    private static LiveViewer Over(Socket socket, int maxWaiting = 200) =>
        new(socket, Guid.CreateVersion7(), Guid.CreateVersion7(), DateTimeOffset.UtcNow, maxWaiting);

    /// <summary>The other end says nothing, and reads or does not.</summary>
    private sealed class Socket : WebSocket
    {
        private readonly List<byte> _sent = [];
        private readonly TaskCompletionSource _closing = new();
        private WebSocketState _state = WebSocketState.Open;

        public bool TakesMessages { get; init; } = true;

        public string? ClosedBecause { get; private set; }

        public IReadOnlyList<byte> Sent
        {
            get
            {
                lock (_sent) return [.. _sent];
            }
        }

        public override WebSocketCloseStatus? CloseStatus => null;

        public override string? CloseStatusDescription => null;

        public override WebSocketState State => _state;

        public override string? SubProtocol => null;

        public override void Abort() => _state = WebSocketState.Aborted;

        public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
            CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

        public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
        {
            (_state, ClosedBecause) = (WebSocketState.CloseSent, statusDescription);
            _closing.TrySetResult();
            return Task.CompletedTask;
        }

        public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
        {
            using var cut = cancellationToken.Register(() => _state = WebSocketState.Aborted);
            await _closing.Task.WaitAsync(cancellationToken);
            return new(0, WebSocketMessageType.Close, true);
        }

        public override async Task SendAsync(
            ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
        {
            if (!TakesMessages) await Task.Delay(Timeout.Infinite, cancellationToken);
            lock (_sent) _sent.Add(buffer[0]);
        }

        public override void Dispose()
        {
        }
    }
}
