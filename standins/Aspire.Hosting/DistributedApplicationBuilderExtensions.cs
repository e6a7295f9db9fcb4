using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Going on with resources that were added before.</summary>
public static class DistributedApplicationBuilderExtensions
{
    /// <summary>To say more of a resource that AppHost.cs added, as tests do.</summary>
    public static IResourceBuilder<T> CreateResourceBuilder<T>(this IDistributedApplicationBuilder builder, string name)
        where T : IResource =>
        builder.Find<T>(name) ?? throw new InvalidOperationException($"There is no resource '{name}' of this type.");
}
