using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Counters that stand at zero from the start: a counter that only appears with its first event has no rate for it, and an alert
/// cannot tell "never" from "not there".
/// </summary>
public static class FirstCounts
{
    /// <summary>Runs <paramref name="begin"/>, which adds zero to each counter, once measurements are listened to.</summary>
    public static IServiceCollection CountFromZero<T>(this IServiceCollection services, Action<T> begin) where T : notnull =>
        // Not AddHostedService, which takes one of a type. Telemetry was registered before, and so has started.
        services.AddSingleton<IHostedService>(provider => new Beginning(() => begin(provider.GetRequiredService<T>())));

    private sealed class Beginning(Action begin) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            begin();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
