using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.Gateway;

/// <summary>A real server on a free local port that stands for a service: each test says how it answers.</summary>
public sealed class Upstream : IAsyncDisposable
{
    private static readonly RequestDelegate NotFound = context =>
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    };

    private readonly WebApplication _app;

    private Upstream(WebApplication app) => _app = app;

    public RequestDelegate Answer { get; set; } = NotFound;

    public Uri Address { get; private set; } = null!;

    /// <param name="port">Any free one unless given.</param>
    public static async Task<Upstream> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestLineSize = 256 * 1024;
        });
        var upstream = new Upstream(builder.Build());
        upstream._app.UseWebSockets();
        upstream._app.Run(context => upstream.Answer(context));
        await upstream._app.StartAsync();
        upstream.Address = new Uri(upstream._app.Urls.Single());
        return upstream;
    }

    public void Forget() => Answer = NotFound;

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
