using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Nimbus.ServiceDefaults;

/// <summary>What every Nimbus service has: telemetry, health, discovery, resilience, problem details, token validation.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Registers the defaults; call it first in every Program.cs.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        StartupFailures.Install();
        builder.AddSettingNames();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddConsoleLogs();
        builder.AddTelemetry();
        builder.Services.AddHealth();
        builder.Services.AddShutdown();
        builder.Services.AddKestrelLimits();
        builder.Services.AddJsonConventions();
        builder.Services.AddProblems();
        builder.Services.AddTokens();
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>
    /// Checks the settings, then adds request ids, error documents, authentication and authorization; call it right after
    /// Build, before anything is mapped.
    /// </summary>
    /// <exception cref="StartupException">A setting is missing or wrong.</exception>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        SettingNames.WarnOfUselessSettings(app.Services);
        StartupChecks.Run(app.Services);
        app.UseDrain();
        app.UseCallerAddress();
        app.UseRequestSpans();
        app.UseRequestIds();
        app.UseProblems();
        app.UseAuthentication();
        app.UseAuthorization();
        return app;
    }

    /// <summary>
    /// Maps what every service answers, in every environment and to anyone: <c>/health</c>, <c>/readiness</c>,
    /// <c>/health/detailed</c> and <c>/metrics</c>.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();
        app.MapMetrics();
        return app;
    }
}
