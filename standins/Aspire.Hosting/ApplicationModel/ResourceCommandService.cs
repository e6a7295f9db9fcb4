using Aspire.Hosting.Local;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Does to resources what people do on the dashboard.</summary>
public class ResourceCommandService
{
    private readonly Run run;

    internal ResourceCommandService(Run run) => this.run = run;

    /// <summary>Executes a command on one process.</summary>
    /// <param name="resourceId">Of a resource with several processes that of one of them.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        new() { Success = commandName == KnownResourceCommands.RestartCommand && await run.RestartAsync(resourceId, cancellationToken) };
}

/// <summary>The commands that every resource has.</summary>
public static class KnownResourceCommands
{
    /// <summary>Stops and starts again.</summary>
    public static readonly string RestartCommand = "resource-restart";
}

/// <summary>What came of a command.</summary>
public sealed class ExecuteCommandResult
{
    /// <summary>Whether it was done.</summary>
    public bool Success { get; init; }
}
