namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource while it is being composed.</summary>
public interface IResourceBuilder<out T>
    where T : IResource
{
    /// <summary>The application it belongs to.</summary>
    IDistributedApplicationBuilder ApplicationBuilder { get; }

    /// <summary>The resource itself.</summary>
    T Resource { get; }
}

internal sealed record ResourceBuilder<T>(IDistributedApplicationBuilder ApplicationBuilder, T Resource)
    : IResourceBuilder<T>
    where T : IResource;
