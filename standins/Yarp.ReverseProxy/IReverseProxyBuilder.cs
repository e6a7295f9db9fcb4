namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The reverse proxy being configured.</summary>
public interface IReverseProxyBuilder
{
    /// <summary>Where the proxy's services are registered.</summary>
    IServiceCollection Services { get; }
}
