using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>What can be said of a resource: what it is given, what it waits for, where it listens, when it is healthy.</summary>
public static class ResourceBuilderExtensions
{
    /// <summary>Gives the process an environment variable; null gives an empty one.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value)
        where T : IResourceWithEnvironment =>
        builder.With(r => r.Environment.Add((environment, _, _) =>
        {
            environment[name] = value ?? "";
            return ValueTask.CompletedTask;
        }));

    /// <summary>Gives the process a parameter's value as an environment variable.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter)
        where T : IResourceWithEnvironment =>
        builder.With(r => r.Environment.Add(async (environment, _, ct) =>
            environment[name] = await parameter.Resource.GetValueAsync(ct) ?? ""));

    /// <summary>Adds arguments.</summary>
    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params string[] args)
        where T : IResourceWithArgs =>
        builder.WithArgs(context =>
        {
            foreach (var argument in args) context.Args.Add(argument);
        });

    /// <summary>Changes the arguments right before each start.</summary>
    public static IResourceBuilder<T> WithArgs<T>(
        this IResourceBuilder<T> builder, Action<CommandLineArgsCallbackContext> callback)
        where T : IResourceWithArgs =>
        builder.With(r => r.Arguments.Add(callback));

    /// <summary>Gives <c>ConnectionStrings__{name}</c>, and its parts as <c>{NAME}_{PART}</c>.</summary>
    /// <param name="connectionName">The name to give it under; the source's own without.</param>
    /// <param name="optional">Go on without where there is no connection string.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder,
        IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null,
        bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        var from = (Resource)source.Resource;
        var name = connectionName ?? from.Name;
        return builder.With(r =>
        {
            r.References.Add(from);
            r.Environment.Add(async (environment, _, ct) =>
            {
                var connectionString = await source.Resource.GetConnectionStringAsync(ct);
                if (string.IsNullOrEmpty(connectionString))
                {
                    if (optional) return;
                    throw new DistributedApplicationException($"'{from.Name}' has no connection string to give to '{r.Name}'.");
                }

                environment[$"ConnectionStrings__{name}"] = connectionString;
                foreach (var (part, value) in await from.ConnectionPropertiesAsync(ct))
                    environment[$"{VariableName(name)}_{part.ToUpperInvariant()}"] = value;
            });
        });
    }

    /// <summary>Gives the addresses of a project: <c>services__{name}__{scheme}__{n}</c> and <c>{NAME}_{ENDPOINT}</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment
    {
        var from = (Resource)source.Resource;
        return builder.With(r =>
        {
            r.References.Add(from);
            r.Environment.Add((environment, _, _) =>
            {
                foreach (var endpoint in from.Endpoints)
                {
                    // http and https are found by scheme, any other endpoint by its name.
                    var key = endpoint.Name is "http" or "https" ? endpoint.Scheme : endpoint.Name;
                    var n = 0;
                    while (!environment.TryAdd($"services__{from.Name}__{key}__{n}", endpoint.Url)) n++;
                    environment[$"{VariableName(from.Name)}_{VariableName(endpoint.Name)}"] = endpoint.Url;
                }

                return ValueTask.CompletedTask;
            });
        });
    }

    /// <summary>Starts once the dependency runs, is healthy and ready.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport =>
        builder.With(r => r.Waits.Add(new Wait((Resource)dependency.Resource, WaitKind.Healthy)));

    /// <summary>Starts once the dependency runs.</summary>
    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport =>
        builder.With(r => r.Waits.Add(new Wait((Resource)dependency.Resource, WaitKind.Started)));

    /// <summary>Starts once the dependency has ended with this exit code.</summary>
    public static IResourceBuilder<T> WaitForCompletion<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0)
        where T : IResourceWithWaitSupport =>
        builder.With(r => r.Waits.Add(new Wait((Resource)dependency.Resource, WaitKind.Completed, exitCode)));

    /// <summary>Adds an HTTP endpoint.</summary>
    /// <param name="port">Where callers connect; any free port without.</param>
    /// <param name="targetPort">Where the process listens by itself.</param>
    /// <param name="name">"http" without.</param>
    /// <param name="env">A variable that tells the process its port.</param>
    /// <param name="isProxied">Without meaning here: a single process always holds its port itself.</param>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder,
        int? port = null,
        int? targetPort = null,
        string? name = null,
        string? env = null,
        bool? isProxied = null)
        where T : IResourceWithEndpoints
    {
        var endpoint = new Endpoint
        {
            Name = name ?? "http",
            Scheme = "http",
            Port = port,
            TargetPort = targetPort,
            PortVariable = env,
        };
        return builder.With(r =>
        {
            if (r.Endpoints.Exists(e => e.Name == endpoint.Name))
                throw new DistributedApplicationException($"'{r.Name}' already has an endpoint '{endpoint.Name}'.");
            r.Endpoints.Add(endpoint);
            if (env is not null)
                r.Environment.Add((environment, launch, _) =>
                {
                    environment[env] = launch.Ports[endpoint.Name].ToString(CultureInfo.InvariantCulture);
                    return ValueTask.CompletedTask;
                });
        });
    }

    /// <summary>Offers the HTTP endpoints to people outside: the table at the end of the start leads with them.</summary>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints =>
        builder.With(r =>
        {
            foreach (var endpoint in r.Endpoints.Where(e => e.IsHttp)) endpoint.IsExternal = true;
        });

    /// <summary>Healthy while a GET of the path answers with the status.</summary>
    /// <param name="path">"/" without.</param>
    /// <param name="statusCode">200 without.</param>
    /// <param name="endpointName">The first HTTP endpoint without.</param>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints =>
        builder.With(r =>
        {
            var endpoint = r.Endpoints.Find(e => endpointName is null ? e.IsHttp : e.Name == endpointName)
                ?? throw new DistributedApplicationException(
                    $"'{r.Name}' has no endpoint '{endpointName ?? "http"}' for its health check.");
            path ??= "/";
            var expected = statusCode ?? 200;
            r.HealthProbes.Add(new HealthProbe($"{r.Name}_{endpoint.Name}_{path}_{expected}_check", (services, ct) =>
                HttpProbe.CheckAsync(services.GetRequiredService<IHttpClientFactory>(), endpoint.Url + path, expected, ct)));
        });

    private static IResourceBuilder<T> With<T>(this IResourceBuilder<T> builder, Action<Resource> say)
        where T : IResource
    {
        say((Resource)(object)builder.Resource);
        return builder;
    }

    private static string VariableName(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
}
