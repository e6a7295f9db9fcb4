using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>Keeps one resource (or one of its replicas) going.</summary>
internal interface IRunner : IDisposable
{
    Resource Resource { get; }

    void Start();

    /// <summary>Returns when nothing of it runs any more.</summary>
    Task StopAsync();
}
