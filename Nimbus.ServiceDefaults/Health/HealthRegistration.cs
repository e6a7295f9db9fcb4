using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.ServiceDefaults;

/// <summary>Registers health checks, and says which of them a service can do without.</summary>
public static class HealthRegistration
{
    /// <summary>Checks with this tag say that the process is alive, and look at nothing outside of it.</summary>
    internal const string Live = "live";

    internal static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);
        return services;
    }

    /// <summary>
    /// Makes the failure of a check a degraded service and not one that is not ready: it goes on taking requests without
    /// what the check looks at.
    /// </summary>
    /// <param name="services">The application's.</param>
    /// <param name="check">The name it was registered under, before or after this call.</param>
    public static IServiceCollection TolerateUnhealthy(this IServiceCollection services, string check) =>
        services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var registration in options.Registrations.Where(registration => registration.Name == check))
                registration.FailureStatus = HealthStatus.Degraded;
        });
}
