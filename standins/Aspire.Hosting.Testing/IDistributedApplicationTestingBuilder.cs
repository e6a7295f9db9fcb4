namespace Aspire.Hosting.Testing;

/// <summary>An application that a test may still add to before it runs.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>The finished application, not yet started.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}
