using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <param name="builder">The application, as its AppHost or the test composes it.</param>
/// <param name="entry">The run of the AppHost's entry point that waits for <see cref="BuildAsync"/>.</param>
internal sealed class TestingBuilder(DistributedApplicationBuilder builder, TestEntry entry) : IDistributedApplicationTestingBuilder
{
    private DistributedApplication? built;

    public ConfigurationManager Configuration => builder.Configuration;

    public string AppHostDirectory => builder.AppHostDirectory;

    public IHostEnvironment Environment => builder.Environment;

    public DistributedApplicationExecutionContext ExecutionContext => builder.ExecutionContext;

    public IServiceCollection Services => builder.Services;

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource => builder.AddResource(resource);

    IResourceBuilder<T>? IDistributedApplicationBuilder.Find<T>(string name) => ((IDistributedApplicationBuilder)builder).Find<T>(name);

    public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

    public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
    {
        if (entry.AppHost is null) return built = builder.Build();
        return built = await entry.BuildAsync(cancellationToken);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        if (built is not null) await built.DisposeAsync();
        entry.Ended();
    }
}
