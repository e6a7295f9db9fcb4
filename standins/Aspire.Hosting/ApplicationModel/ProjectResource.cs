using System.Globalization;
using Aspire.Hosting.Local;
using Aspire.Hosting.Servers;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A .NET project, run from its built assembly.</summary>
public class ProjectResource : Resource,
    IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport
{
    private const int Sigterm = 15;

    private readonly BuiltProject project;

    internal ProjectResource(string name, BuiltProject project, LaunchProfile? profile)
        : base(name)
    {
        this.project = project;
        foreach (var endpoint in profile?.Endpoints() ?? []) Endpoints.Add(endpoint);
        Environment.Add((environment, launch, _) =>
        {
            Telemetry(environment, launch);
            Addresses(environment, launch);
            if (profile is null) return ValueTask.CompletedTask;
            environment["DOTNET_LAUNCH_PROFILE"] = profile.Name;
            foreach (var (key, value) in profile.EnvironmentVariables) environment.TryAdd(key, value);
            return ValueTask.CompletedTask;
        });
    }

    internal override string ResourceType => "Project";

    internal override bool HasProcess => true;

    internal override bool IsRestarted => true;

    internal override async Task<ServerProcess> PrepareAsync(Launch launch, CancellationToken ct)
    {
        if (!File.Exists(project.AssemblyPath))
            throw new DistributedApplicationException(
                $"{Name} has not been built ({project.AssemblyPath} is missing): run dotnet build {project.ProjectPath}");

        return new ServerProcess(
            DotnetHost.Path,
            await launch.ArgumentsAsync(["exec", project.AssemblyPath], ct),
            await launch.EnvironmentAsync(ct),
            Path.GetDirectoryName(project.ProjectPath)!,
            Sigterm);
    }

    // There is no dashboard to send to, so the OTLP endpoint is the one the AppHost itself was given, if any.
    private void Telemetry(IDictionary<string, string> environment, Launch launch)
    {
        environment["OTEL_SERVICE_NAME"] = Name;
        environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={launch.ReplicaId}-{Guid.NewGuid():N}"[..(Name.Length + 30)];
        if (!string.Equals(launch.Builder.Environment.EnvironmentName, "Development", StringComparison.OrdinalIgnoreCase)) return;
        foreach (var interval in (string[])["OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_METRIC_EXPORT_INTERVAL"])
            environment[interval] = "1000";
        environment["OTEL_TRACES_SAMPLER"] = "always_on";
        environment["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
    }

    private void Addresses(IDictionary<string, string> environment, Launch launch)
    {
        var http = Endpoints.Where(e => e.IsHttp).ToList();
        if (http.Count == 0) return;
        environment["ASPNETCORE_URLS"] = string.Join(';', http.Select(e => $"{e.Scheme}://{e.Host}:{launch.Ports[e.Name]}"));
        if (http.Find(e => e.Scheme == "https") is { } https)
            environment["ASPNETCORE_HTTPS_PORT"] = https.AllocatedPort.ToString(CultureInfo.InvariantCulture);
    }
}
