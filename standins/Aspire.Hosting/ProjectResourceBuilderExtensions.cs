using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;

namespace Aspire.Hosting;

/// <summary>Adds projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a project with the addresses and the environment of its launch profile.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() =>
        builder.AddProject<TProject>(name, _ => { });

    /// <summary>Adds a project, saying which launch profile it takes, if any.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new()
    {
        var options = new ProjectResourceOptions();
        configure(options);
        var project = BuiltProject.Of(new TProject());
        var profile = options.ExcludeLaunchProfile
            ? null
            : LaunchProfile.Choose(
                Path.GetDirectoryName(project.ProjectPath)!,
                options.LaunchProfileName,
                builder.Configuration["DOTNET_LAUNCH_PROFILE"]);
        return builder.AddResource(new ProjectResource(name, project, profile));
    }

    /// <summary>Runs the project as several processes behind its one address.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(
        this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        builder.Resource.Replicas = replicas;
        return builder;
    }
}
