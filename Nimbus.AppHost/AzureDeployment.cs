using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Azure.Provisioning.AppContainers;

namespace Nimbus.AppHost;

/// <summary>What is different where a deployment to Azure is described: managed stores, and how many replicas each service has.</summary>
internal static class AzureDeployment
{
    // Where the images of the .NET SDK listen.
    private const int Port = 8080;

    /// <summary>
    /// The managed PostgreSQL and Redis, with names and passwords, which is what the services' clients do. Without these two
    /// calls they expect identities of Entra ID.
    /// </summary>
    public static (IResourceBuilder<IResourceWithConnectionString> Identity, IResourceBuilder<IResourceWithConnectionString> Events, IResourceBuilder<IResourceWithConnectionString> Redis)
        AddAzureStores(this IDistributedApplicationBuilder builder)
    {
        builder.AddAzureContainerAppEnvironment("nimbus");
        var postgres = builder.AddAzurePostgresFlexibleServer("postgres").WithPasswordAuthentication();
        return (
            postgres.AddDatabase("identitydb"), postgres.AddDatabase("eventsdb"),
            builder.AddAzureManagedRedis("redis").WithAccessKeyAuthentication());
    }

    /// <summary>How many replicas the service has in Azure, and what it is asked about itself. Never none: a first request would wait for minutes.</summary>
    /// <param name="most">As many as this while each has <paramref name="requests"/> at once.</param>
    public static IResourceBuilder<ProjectResource> InAzure(this IResourceBuilder<ProjectResource> service, int most, int? requests = null) =>
        service.PublishAsAzureContainerApp((_, app) =>
        {
            app.Template.Scale.MinReplicas = 1;
            app.Template.Scale.MaxReplicas = most;
            if (requests is { } each)
            {
                app.Template.Scale.Rules.Add(new ContainerAppScaleRule
                {
                    Name = "requests",
                    Http = new ContainerAppHttpScaleRule { Metadata = { ["concurrentRequests"] = each.ToString(CultureInfo.InvariantCulture) } },
                });
            }
            var container = app.Template.Containers[0].Value!;
            container.Probes.Add(Probe(ContainerAppProbeType.Liveness, "/health", failures: 6));
            container.Probes.Add(Probe(ContainerAppProbeType.Readiness, "/readiness", failures: 3));
        });

    /// <summary>
    /// Lets plain HTTP through to the gateway, which refuses it. Left to Azure it is redirected, and clients that send events
    /// take the redirect's answer for success.
    /// </summary>
    public static IResourceBuilder<ProjectResource> RefusingPlainHttp(this IResourceBuilder<ProjectResource> gateway) => gateway
        .WithEnvironment("Nimbus__Gateway__RequireHttps", "true")
        // The ingress, which alone reaches it from outside, and which says what the client used.
        .WithEnvironment("Nimbus__TrustedProxies__0", "100.64.0.0/10")
        .WithEnvironment("Nimbus__TrustedProxies__1", "10.0.0.0/8")
        .PublishAsAzureContainerApp((_, app) => app.Configuration.Ingress.AllowInsecure = true);

    private static ContainerAppProbe Probe(ContainerAppProbeType type, string path, int failures) => new()
    {
        ProbeType = type,
        HttpGet = new ContainerAppHttpRequestInfo { Path = path, Port = Port },
        PeriodSeconds = 10,
        TimeoutSeconds = 5,
        FailureThreshold = failures,
    };
}
