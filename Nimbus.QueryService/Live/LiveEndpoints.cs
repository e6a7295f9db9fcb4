using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Live;

/// <summary>What happens in a project, as it happens.</summary>
internal static class LiveEndpoints
{
    /// <summary>The subprotocol to be offered beside the token, where the token is sent as one.</summary>
    private const string Protocol = "nimbus";

    public static IServiceCollection AddLive(this IServiceCollection services)
    {
        services.CountFromZero<LiveMetrics>(metrics => metrics.Begin());
        services.AddSettings<LiveOptions>("Nimbus:Live");
        return services.AddSingleton<LiveMetrics>().AddSingleton<LiveHub>().AddHostedService(provider => provider.GetRequiredService<LiveHub>());
    }

    public static void MapLive(this WebApplication app)
    {
        app.UseWebSockets();
        // No description: OpenAPI has no words for what comes after the handshake.
        app.MapGet("/ws/projects/{id:guid}", Watch).RequireAuthorization(Policies.User).ExcludeFromDescription();
    }

    internal static async Task<IResult> Watch(
        Guid id, HttpContext http, LiveHub hub, ProjectAccess projects, IOptions<LiveOptions> options, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        if (await projects.FindAsync(id, http.User.UserId(), http.RequestAborted) is null)
            return Problem.Of(404, "project_not_found", "There is no such project, or you are not a member of it.");
        if (!http.WebSockets.IsWebSocketRequest)
            return Problem.Of(426, "websocket_required", "Here only a WebSocket is answered.");
        var isConnected = await hub.WatchAsync(id, ConnectAsync, lifetime.ApplicationStopping);
        return isConnected ? Results.Empty : Problem.Of(503, "too_many_viewers", "Too many are watching already. Try again later.");

        async Task<LiveViewer> ConnectAsync()
        {
            var offered = http.WebSockets.WebSocketRequestedProtocols;
            // A browser takes no connection whose server chose none of what it offered.
            var protocol = offered.Contains(Protocol) ? Protocol : offered.FirstOrDefault();
            return new(await http.WebSockets.AcceptWebSocketAsync(protocol), http.User.UserId(), http.User.SessionId(), time.GetUtcNow(), options.Value.MaxWaiting);
        }
    }
}
