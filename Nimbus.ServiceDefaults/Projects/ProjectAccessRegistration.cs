using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Nimbus.ServiceDefaults;

/// <summary>Registers <see cref="ProjectAccess"/>.</summary>
public static class ProjectAccessRegistration
{
    /// <summary>For services that answer questions about projects but do not own them.</summary>
    public static TBuilder AddProjectAccess<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddHttpClient(ProjectAccess.Identity, client => client.BaseAddress = new Uri("https+http://identity"))
            .AddServiceToken();
        builder.Services.AddSingleton<ProjectAccess>();
        builder.Services.AddHostedService<ProjectChanges>();
        return builder;
    }
}
