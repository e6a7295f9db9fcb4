using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>Registers how a service ends.</summary>
internal static class ShutdownRegistration
{
    public static IServiceCollection AddShutdown(this IServiceCollection services)
    {
        services.AddSettings<ShutdownOptions>("Nimbus:Shutdown");
        services.AddOptions<HostOptions>().Configure<IOptions<ShutdownOptions>, IHostEnvironment>((host, shutdown, environment) =>
            host.ShutdownTimeout = shutdown.Value.DrainIn(environment) + ShutdownOptions.AfterDrain);
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        return services;
    }

    public static void UseDrain(this WebApplication app)
    {
        var drain = app.Services.GetRequiredService<Drain>();
        app.Use(drain.AnswerAsync);
    }
}
