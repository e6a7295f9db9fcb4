using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Retention;

internal static class RetentionRegistration
{
    /// <summary>Deleting what projects no longer keep: a part of the writer.</summary>
    public static WebApplicationBuilder AddRetention(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<RetentionOptions>("Nimbus:Retention");
        builder.Services.AddHttpClient(IdentityProjects.Client, client => client.BaseAddress = new Uri("https+http://identity"))
            .AddServiceToken();
        builder.Services.AddSingleton<IdentityProjects>();
        builder.Services.AddSingleton<EventExpiry>();
        builder.Services.AddSingleton<ProjectErasure>();
        builder.Services.AddHostedService<RetentionJob>();
        return builder;
    }
}
