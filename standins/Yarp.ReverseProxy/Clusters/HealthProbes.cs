using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Yarp.ReverseProxy.Clusters;

/// <summary>Asks the destinations of clusters with active health checks how they are, over and over.</summary>
internal sealed partial class HealthProbes(ILogger<HealthProbes> logger) : IDisposable
{
    private CancellationTokenSource _stop = new();

    /// <summary>These clusters from now on, and none of those before.</summary>
    public void Watch(IEnumerable<Cluster> clusters)
    {
        var stop = new CancellationTokenSource();
        Stop(Interlocked.Exchange(ref _stop, stop));
        foreach (var cluster in clusters)
        {
            if (cluster.Settings.Health is { } health)
                _ = WatchAsync(cluster, health, stop.Token);
        }
    }

    public void Dispose() => Stop(_stop);

    private static void Stop(CancellationTokenSource before)
    {
        before.Cancel();
        before.Dispose();
    }

    private async Task WatchAsync(Cluster cluster, HealthSettings health, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(health.Interval);
        try
        {
            do
                await Task.WhenAll(cluster.Destinations.Select(destination => LookAsync(cluster, destination, health, ct)));
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException)
        {
            // There are other clusters now, or none.
        }
    }

    private async Task LookAsync(Cluster cluster, DestinationState destination, HealthSettings health, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(health.Timeout);
        var isHealthy = false;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, destination.Prefix.TrimEnd('/') + health.Path);
            using var answer = await cluster.Client.SendAsync(request, patience.Token);
            isHealthy = answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
        }
        var failures = isHealthy ? 0 : destination.Failures + 1;
        if (failures == health.Threshold || (isHealthy && destination.Failures >= health.Threshold))
            LogHealth(destination.DestinationId, isHealthy);
        destination.Failures = failures;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Destination} is healthy: {IsHealthy}")]
    private partial void LogHealth(string destination, bool isHealthy);
}
