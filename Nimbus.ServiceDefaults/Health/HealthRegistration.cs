using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nimbus.ServiceDefaults;

internal static class HealthRegistration
{
    /// <summary>Checks with this tag say that the process is alive, and look at nothing outside of it.</summary>
    public const string Live = "live";

    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);
        return services;
    }
}
