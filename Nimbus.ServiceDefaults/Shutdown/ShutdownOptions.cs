using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Hosting;

namespace Nimbus.ServiceDefaults;

/// <summary>How a service ends when it is asked to (<c>Nimbus:Shutdown</c>), the same in every service.</summary>
public sealed record ShutdownOptions
{
    /// <summary>What a request that is under way when the drain is over has left, and whatever else is in hand.</summary>
    internal static readonly TimeSpan AfterDrain = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan DrainInProduction = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a service that is asked to stop serves on: <c>/readiness</c> is 503 meanwhile and each answer ends its connection,
    /// so that load balancers and callers go elsewhere before it refuses anybody. Unset it is 5 seconds, and none in Development.
    /// The process may take 20 seconds longer than this; whoever stops it has to wait for that.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")] public TimeSpan? Drain { get; init; }

    internal TimeSpan DrainIn(IHostEnvironment environment) =>
        Drain ?? (environment.IsDevelopment() ? TimeSpan.Zero : DrainInProduction);
}
