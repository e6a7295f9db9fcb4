using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Composes an application of resources.</summary>
public interface IDistributedApplicationBuilder
{
    /// <summary>Settings of the AppHost: its arguments, environment, appsettings and user secrets.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>The folder of the AppHost's project.</summary>
    string AppHostDirectory { get; }

    /// <summary>Development, Production, …</summary>
    IHostEnvironment Environment { get; }

    /// <summary>Running or publishing.</summary>
    DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>Services of the AppHost itself.</summary>
    IServiceCollection Services { get; }

    /// <summary>Adds a resource. Throws <see cref="DistributedApplicationException"/> when its name is taken.</summary>
    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    /// <summary>The finished application, not yet started.</summary>
    DistributedApplication Build();

    /// <summary>A resource that was added; null where there is none of the name.</summary>
    internal IResourceBuilder<T>? Find<T>(string name)
        where T : IResource;
}
