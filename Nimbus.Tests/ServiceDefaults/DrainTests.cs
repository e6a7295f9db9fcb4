using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>What a service answers between being asked to stop and its end.</summary>
public sealed class DrainTests
{
    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Who_keeps_a_connection_gets_an_answer_and_leaves(HttpProtocols protocol)
    {
        await using var host = await DefaultsHost.StartAsync(
            app => app.MapPost("/connection", (HttpContext context) => context.Connection.Id),
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = protocol)));
        host.Client.DefaultRequestVersion = protocol == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        host.Client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var first = await ConnectionAsync(host);
        Assert.Equal(first, await ConnectionAsync(host));

        // As a signal does. Nothing stops the host here, so the drain lasts.
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.Equal(first, await ConnectionAsync(host));
        // Of HTTP/2 the client hears beside the answer, perhaps a moment after it.
        await Eventually.TrueAsync(async () => await ConnectionAsync(host) != first, () => "it stays on its connection", TimeSpan.FromSeconds(30));
        using var ready = await host.Client.GetAsync("/readiness");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        using var alive = await host.Client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    [Fact]
    public async Task A_web_socket_can_still_be_opened()
    {
        await using var host = await DefaultsHost.StartAsync(app =>
        {
            app.UseWebSockets();
            app.Map("/socket", async (HttpContext context) =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
                await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, null, context.RequestAborted);
            });
        });
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        using var client = new ClientWebSocket();
        await client.ConnectAsync(new UriBuilder(host.Client.BaseAddress!) { Scheme = "ws", Path = "/socket" }.Uri, CancellationToken.None);
        var buffer = new byte[16];
        var received = await client.ReceiveAsync(buffer, CancellationToken.None);

        Assert.Equal("hello"u8.ToArray(), buffer[..received.Count]);
    }

    private static async Task<string> ConnectionAsync(DefaultsHost host)
    {
        using var answer = await host.Client.PostAsync("/connection", new StringContent("{}"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}
