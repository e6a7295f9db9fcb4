using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Aspire.Hosting.Servers;

/// <summary>One ping over a connection of its own: a multiplexer for each would bring threads of its own.</summary>
internal static class RedisPing
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task SendAsync(EndPoint server, string? password, CancellationToken ct)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, limited.Token);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);

        if (!string.IsNullOrEmpty(password))
            await AskAsync(stream, reader, ["AUTH", password], limited.Token);
        await AskAsync(stream, reader, ["PING"], limited.Token);
    }

    private static async Task AskAsync(Stream stream, StreamReader reader, string[] command, CancellationToken ct)
    {
        var request = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Length}\r\n");
        foreach (var word in command)
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), ct);

        var answer = await reader.ReadLineAsync(ct) ?? throw new IOException("Redis closed the connection.");
        if (answer.StartsWith("-WRONGPASS", StringComparison.Ordinal)
            || answer.StartsWith("-NOAUTH", StringComparison.Ordinal))
            throw new DistributedApplicationException(
                "Redis refuses the password: it was started with another one. Stop the server that holds the port.");
        if (answer.StartsWith('-'))
            throw new IOException($"Redis: {answer[1..]}");
    }
}
