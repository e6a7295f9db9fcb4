namespace Nimbus.IdentityService.Projects;

internal static class ProjectRegistration
{
    public static IServiceCollection AddProjects(this IServiceCollection services) => services
        .AddScoped<ProjectRights>()
        .AddScoped<ProjectReader>()
        .AddScoped<ProjectWriter>()
        .AddSingleton<ProjectAnnouncements>();
}
