using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Azure;
using Aspire.Hosting.Azure.AppContainers;
using Azure.Provisioning.AppContainers;

namespace Aspire.Hosting
{
    /// <summary>Adds where container apps run.</summary>
    public static class AzureContainerAppExtensions
    {
        /// <summary>Adds an environment. A stand-in never describes a deployment, so it has none.</summary>
        public static IResourceBuilder<AzureContainerAppEnvironmentResource> AddAzureContainerAppEnvironment(
            this IDistributedApplicationBuilder builder, string name) => throw new DistributedApplicationException($"{name} is made by real Aspire only.");
    }

    /// <summary>Says how a project is published.</summary>
    public static class AzureContainerAppProjectExtensions
    {
        /// <summary>Calls back with the container app where a deployment is described; here it never is.</summary>
        public static IResourceBuilder<T> PublishAsAzureContainerApp<T>(
            this IResourceBuilder<T> project, Action<AzureResourceInfrastructure, ContainerApp> configure)
            where T : ProjectResource => project;
    }
}

namespace Aspire.Hosting.Azure
{
    /// <summary>The description that a container app is part of.</summary>
    public sealed class AzureResourceInfrastructure
    {
        internal AzureResourceInfrastructure()
        {
        }
    }
}

namespace Aspire.Hosting.Azure.AppContainers
{
    /// <summary>Where container apps run.</summary>
    public class AzureContainerAppEnvironmentResource : IResource
    {
        internal AzureContainerAppEnvironmentResource(string name) => Name = name;

        /// <inheritdoc/>
        public string Name { get; }
    }
}
