using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>A service that shows what arrives at its endpoints.</summary>
public sealed class RequestHost : IAsyncLifetime
{
    internal DefaultsHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await DefaultsHost.StartAsync(app =>
    {
        app.MapGet("/echo", (HttpContext context) => context.Request.Headers["X-Request-Id"].ToString());
        app.MapGet("/shape", () => new Shape("a", null, DayOfWeek.Wednesday));
        app.MapPost("/shape", (Shape shape) => shape);
        app.UseWebSockets();
        app.MapGet("/ws/who", async (HttpContext context) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(
                context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(protocol => protocol == "nimbus"));
            await socket.SendAsync(
                System.Text.Encoding.UTF8.GetBytes(context.User.UserId().ToString()), WebSocketMessageType.Text, true, default);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        }).RequireAuthorization();
    });

    public async Task DisposeAsync() => await Host.DisposeAsync();

    private sealed record Shape(string FirstName, string? LastName, DayOfWeek WeekDay);
}
