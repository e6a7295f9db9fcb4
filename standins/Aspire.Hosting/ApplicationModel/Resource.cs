using Aspire.Hosting.Local;
using Aspire.Hosting.Servers;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What every resource has: a name, and what has been said of it in AppHost.cs.</summary>
public abstract class Resource : IResource
{
    /// <summary>A resource of this name.</summary>
    protected Resource(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    internal List<Endpoint> Endpoints { get; } = [];

    /// <summary>Filled in order, so that what is said later wins.</summary>
    internal List<EnvironmentStep> Environment { get; } = [];

    internal List<Action<CommandLineArgsCallbackContext>> Arguments { get; } = [];

    internal List<Wait> Waits { get; } = [];

    internal List<HealthProbe> HealthProbes { get; } = [];

    /// <summary>Resources whose addresses or connection strings this one is given: it stops before them.</summary>
    internal List<Resource> References { get; } = [];

    internal int Replicas { get; set; } = 1;

    /// <summary>The word in the table and in the snapshot: Project, Container, Executable, …</summary>
    internal abstract string ResourceType { get; }

    /// <summary>The resource inside whose process this one lives, as a database does in its server.</summary>
    internal virtual Resource? Parent => null;

    /// <summary>A resource without one (a parameter, a database) is only a name and a value.</summary>
    internal virtual bool HasProcess => false;

    /// <summary>Somebody else runs it, and configuration says where.</summary>
    internal virtual bool IsElsewhere => false;

    /// <summary>Throws <see cref="DistributedApplicationException"/> when it cannot run as it is configured: before anything starts.</summary>
    internal virtual void CheckConfiguration()
    {
    }

    /// <summary>Started again, with back-off, when it crashes.</summary>
    internal virtual bool IsRestarted => false;

    /// <summary>Says how to start the process. Called again at each restart.</summary>
    internal virtual Task<ServerProcess> PrepareAsync(Launch launch, CancellationToken ct) =>
        throw new NotSupportedException($"{Name} has no process.");

    /// <summary>Done once, at the first healthy moment and before anything that waits for it goes on.</summary>
    internal virtual Task OnReadyAsync(CancellationToken ct) => Task.CompletedTask;

    /// <summary>What a reference gives besides the connection string, as {NAME}_{PROPERTY}.</summary>
    internal virtual ValueTask<IReadOnlyList<KeyValuePair<string, string>>> ConnectionPropertiesAsync(
        CancellationToken ct) => ValueTask.FromResult<IReadOnlyList<KeyValuePair<string, string>>>([]);
}
