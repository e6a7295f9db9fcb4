using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// The time between being asked to stop and refusing connections (<see cref="ShutdownOptions.Drain"/>). A request that meets a
/// closing connection fails, and one with a body is not sent again by whoever pooled the connection, since it might have been
/// done; so callers are told to leave first.
/// </summary>
internal sealed partial class Drain(
    IHostApplicationLifetime lifetime, IOptions<ShutdownOptions> options, IHostEnvironment environment, TimeProvider time,
    ILogger<Drain> logger) : IHostedLifecycleService
{
    private bool IsAsked => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Before anything of the service stops.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var drain = options.Value.DrainIn(environment);
        // TRICKY: a signal cancels this token first and stops the host then. Who stops the host itself, as tests do, knows that
        // nobody is calling any more.
        if (!IsAsked || drain == TimeSpan.Zero)
            return;
        LogDraining(drain.TotalSeconds);
        await Task.Delay(drain, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The answer is the last one of its connection; over HTTP/2 those under way beside it are still given.</summary>
    public Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (IsAsked)
        {
            if (HttpProtocol.IsHttp2(context.Request.Protocol))
                context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            else
                context.Response.Headers.Connection = "close";
        }
        return next(context);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Asked to stop: not ready from now on, and serving for {Seconds} s more")]
    private partial void LogDraining(double seconds);
}
