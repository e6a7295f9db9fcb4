using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>
/// One span for each command of a recorded activity, made once the activity has ended: the client tells when each
/// command was sent and answered, but only when asked for all commands of one activity at once. This release of the client fails
/// what waits behind a message of several commands (a transaction, a script by its own method) when it is asked to tell of one.
/// </summary>
internal sealed class RedisTraces : BackgroundService, IProfiler
{
    /// <summary>The name under which the instrumentation of the real package publishes.</summary>
    public const string SourceName = "OpenTelemetry.Instrumentation.StackExchangeRedis";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ActivitySource source = new(SourceName);

    // True once the client collects the activity's commands: before that it must not be asked for them.
    private readonly ConcurrentDictionary<Activity, bool> watched = [];
    private ConnectionMultiplexer? redis;

    /// <summary>Called before the multiplexer is given to anybody.</summary>
    public void Watch(ConnectionMultiplexer multiplexer)
    {
        redis = multiplexer;
        multiplexer.RegisterProfiler(this);
    }

    /// <summary>Asked by the client for each command, on the thread that sends it; null leaves the command out.</summary>
    public object? GetContext()
    {
        if (!source.HasListeners() || Activity.Current is not { Recorded: true, IsStopped: false } activity)
            return null;
        if (watched.TryAdd(activity, false))
        {
            redis!.BeginProfiling(activity);
            watched[activity] = true;
        }
        return activity;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                Publish(activity => activity.IsStopped);
        }
        catch (OperationCanceledException)
        {
            Publish(_ => true);
        }
    }

    public override void Dispose()
    {
        source.Dispose();
        base.Dispose();
    }

    private void Publish(Func<Activity, bool> isDone)
    {
        foreach (var (activity, _) in watched.Where(entry => entry.Value && isDone(entry.Key)))
        {
            foreach (var command in redis!.FinishProfiling(activity))
                Publish(activity, command);
            watched.TryRemove(activity, out _);
        }
    }

    private void Publish(Activity parent, IProfiledCommand command)
    {
        var start = new DateTimeOffset(command.CommandCreated.ToUniversalTime());
        using var span = source.StartActivity(command.Command, ActivityKind.Client, parent.Context, startTime: start);
        if (span is null)
            return;

        span.SetTag("db.system", "redis");
        span.SetTag("db.redis.database_index", command.Db);
        span.SetTag("server.address", command.EndPoint switch
        {
            IPEndPoint ip => ip.Address.ToString(),
            DnsEndPoint dns => dns.Host,
            _ => null,
        });
        span.SetEndTime((start + command.ElapsedTime).UtcDateTime);
    }
}
