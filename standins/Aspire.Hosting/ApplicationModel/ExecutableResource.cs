using Aspire.Hosting.Servers;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Any program. It runs once: ending is its business, so it is not started again.</summary>
public class ExecutableResource : Resource,
    IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    private const int Sigterm = 15;

    private readonly string command;
    private readonly string workingDirectory;

    internal ExecutableResource(string name, string command, string workingDirectory)
        : base(name)
    {
        this.command = command;
        this.workingDirectory = workingDirectory;
    }

    internal override string ResourceType => "Executable";

    internal override bool HasProcess => true;

    internal override async Task<ServerProcess> PrepareAsync(Local.Launch launch, CancellationToken ct) => new(
        command,
        await launch.ArgumentsAsync([], ct),
        await launch.EnvironmentAsync(ct),
        Path.GetFullPath(workingDirectory, launch.Builder.AppHostDirectory),
        Sigterm);
}
