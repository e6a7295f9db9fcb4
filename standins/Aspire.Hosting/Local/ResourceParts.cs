using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>Adds to the environment of one process.</summary>
internal delegate ValueTask EnvironmentStep(
    IDictionary<string, string> environment, Launch launch, CancellationToken ct);

/// <summary>What a dependency must reach before the waiting resource starts.</summary>
internal enum WaitKind
{
    Started,
    Healthy,
    Completed,
}

/// <param name="ExitCode">The exit code expected of a dependency that is waited for to complete.</param>
internal sealed record Wait(Resource Dependency, WaitKind Kind, int ExitCode = 0);

/// <summary>One health check; it throws, with a reason, when the resource is not healthy.</summary>
internal sealed record HealthProbe(string Key, Func<IServiceProvider, CancellationToken, Task> CheckAsync);

/// <summary>One process about to be started.</summary>
/// <param name="Resource">Whose process it is.</param>
/// <param name="ReplicaId">The resource's name, with a number behind it when there are several processes.</param>
/// <param name="Ports">Where this process listens, by endpoint name: behind replicas not the resource's port.</param>
internal sealed record Launch(
    Resource Resource,
    string ReplicaId,
    IReadOnlyDictionary<string, int> Ports,
    RunFolder Folder,
    DistributedApplicationBuilder Builder,
    Action<string> Log)
{
    /// <summary>The arguments AppHost.cs asks for, after those the resource starts with.</summary>
    public async Task<List<string>> ArgumentsAsync(IEnumerable<string> first, CancellationToken ct)
    {
        var context = new CommandLineArgsCallbackContext([.. first], Resource, Builder.ExecutionContext, ct);
        foreach (var add in Resource.Arguments) add(context);

        var arguments = new List<string>();
        foreach (var argument in context.Args)
        {
            arguments.Add(argument switch
            {
                ParameterResource parameter => await parameter.GetValueAsync(ct) ?? "",
                IResourceBuilder<ParameterResource> parameter => await parameter.Resource.GetValueAsync(ct) ?? "",
                _ => argument.ToString() ?? "",
            });
        }

        return arguments;
    }

    public async Task<Dictionary<string, string>> EnvironmentAsync(CancellationToken ct)
    {
        var environment = new Dictionary<string, string>();
        foreach (var step in Resource.Environment) await step(environment, this, ct);
        return environment;
    }
}
