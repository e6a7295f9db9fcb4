using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.UserSecrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Local;

/// <summary>An application of local processes.</summary>
internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    /// <summary>The note in the AppHost's assembly that says where its project is.</summary>
    private const string ProjectPathKey = "apphostprojectpath";

    private readonly HostApplicationBuilder host;
    private readonly TestEntry? test;

    public DistributedApplicationBuilder(string[] args, Assembly? appHost, TestEntry? test)
    {
        this.test = test;
        AppHostDirectory = appHost?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => a.Key == ProjectPathKey)?.Value ?? Directory.GetCurrentDirectory();
        host = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = args,
            ApplicationName = appHost?.GetName().Name,
            ContentRootPath = Directory.Exists(AppHostDirectory) ? AppHostDirectory : null,
            EnvironmentName = test is null ? null : Environments.Development,
        });
        if (string.Equals(Configuration["operation"], "publish", StringComparison.OrdinalIgnoreCase))
            throw new DistributedApplicationException(
                "Stand-ins run the application but do not publish it: build with the real Aspire packages for that.");

        Secrets = new UserSecrets(appHost?.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId);
        RandomizesPorts = Configuration.GetValue("DcpPublisher:RandomizePorts", defaultValue: test is not null);
        StorePath = Configuration["Aspire:Store:Path"] is { Length: > 0 } path ? Path.GetFullPath(path)
            : test is null ? Path.Combine(RepositoryOf(AppHostDirectory), ".nimbus")
            : null;

        if (test is null)
        {
            // People see what the resources say and one line when something is wrong; a host's log would bury both.
            host.Logging.ClearProviders();
        }

        Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromMinutes(2));
        Services.AddHttpClient(HttpProbe.Client);
        Services.AddSingleton(this);
        Services.AddSingleton(new ResourceNotificationService { StopsOnUnavailable = IsTest });
        Services.AddSingleton<Run>();
        Services.AddHostedService(s => s.GetRequiredService<Run>());
    }

    public ConfigurationManager Configuration => host.Configuration;

    public string AppHostDirectory { get; }

    public IHostEnvironment Environment => host.Environment;

    public DistributedApplicationExecutionContext ExecutionContext { get; } = new();

    public IServiceCollection Services => host.Services;

    public List<Resource> Resources { get; } = [];

    public UserSecrets Secrets { get; }

    /// <summary>Composed by a test, which wants its logs, its own ports and an exception where people want a line.</summary>
    public bool IsTest => test is not null;

    public bool RandomizesPorts { get; }

    /// <summary>Where data is kept; null for a folder of this run alone.</summary>
    public string? StorePath { get; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        if (Resources.Exists(r => string.Equals(r.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"There already is a resource named '{resource.Name}'.");
        Resources.Add((Resource)(object)resource);
        return new ResourceBuilder<T>(this, resource);
    }

    public DistributedApplication Build()
    {
        test?.Composed(this);
        var application = new DistributedApplication(host.Build(), test);
        test?.Built(application);
        return application;
    }

    IResourceBuilder<T>? IDistributedApplicationBuilder.Find<T>(string name) =>
        Resources.OfType<T>().FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase)) is { } resource
            ? new ResourceBuilder<T>(this, resource)
            : null;

    private static string RepositoryOf(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (Path.Exists(Path.Combine(at.FullName, ".git")) || at.EnumerateFiles("*.sln*").Any()) return at.FullName;
        }

        return folder;
    }
}
