using System.Collections.Immutable;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something about a resource has changed.</summary>
/// <param name="resource">The resource.</param>
/// <param name="resourceId">Its process among several: the resource's name, with a number where it has replicas.</param>
/// <param name="snapshot">How it is now.</param>
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    /// <summary>The resource.</summary>
    public IResource Resource => resource;

    /// <summary>Its process among several.</summary>
    public string ResourceId => resourceId;

    /// <summary>How it is now.</summary>
    public CustomResourceSnapshot Snapshot => snapshot;
}

/// <summary>How a resource is at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>Project, Container, Executable, …</summary>
    public required string ResourceType { get; init; }

    /// <summary>Facts by name; a running process has its id as <c>executable.pid</c>.</summary>
    public required ImmutableArray<ResourcePropertySnapshot> Properties { get; init; }

    /// <summary>What the process was given, where it listens by itself among it.</summary>
    public ImmutableArray<EnvironmentVariableSnapshot> EnvironmentVariables { get; init; } = [];

    /// <summary>One of <see cref="KnownResourceStates"/>.</summary>
    public ResourceStateSnapshot? State { get; init; }

    /// <summary>The exit code of a process that has ended; 128 and the signal where a signal ended it.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Null unless it runs; healthy without checks, unhealthy until every check has succeeded.</summary>
    public HealthStatus? HealthStatus =>
        State?.Text != KnownResourceStates.Running ? null
        : IsHealthy ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy
        : Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy;

    internal bool IsHealthy { get; init; }

    /// <summary>Why the last check failed.</summary>
    internal string? Unhealthy { get; init; }

    /// <summary>The work of the first healthy moment is done.</summary>
    internal bool IsReady { get; init; }
}

/// <summary>One fact about a resource.</summary>
public sealed record ResourcePropertySnapshot(string Name, object? Value);

/// <summary>One variable of a process' environment.</summary>
public sealed record EnvironmentVariableSnapshot(string Name, string? Value, bool IsFromSpec);

/// <summary>The state of a resource.</summary>
public sealed record ResourceStateSnapshot(string Text, string? Style);

/// <summary>The states of a resource.</summary>
public static class KnownResourceStates
{
    /// <summary>Waiting for others.</summary>
    public static readonly string Waiting = "Waiting";

    /// <summary>About to run, for the first time or again.</summary>
    public static readonly string Starting = "Starting";

    /// <summary>Its process runs.</summary>
    public static readonly string Running = "Running";

    /// <summary>Its process ended and is not started again.</summary>
    public static readonly string Finished = "Finished";

    /// <summary>It could not be started.</summary>
    public static readonly string FailedToStart = "FailedToStart";
}
