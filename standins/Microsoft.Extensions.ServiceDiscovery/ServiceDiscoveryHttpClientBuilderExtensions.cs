using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Service discovery for outgoing HTTP.</summary>
public static class ServiceDiscoveryHttpClientBuilderExtensions
{
    /// <summary>Lets a client's requests name services: <c>https+http://identity</c>, <c>http://_endpoint.identity</c>.</summary>
    public static IHttpClientBuilder AddServiceDiscovery(this IHttpClientBuilder httpClientBuilder)
    {
        httpClientBuilder.Services.AddServiceDiscovery();
        httpClientBuilder.AddHttpMessageHandler(services =>
            new ResolvingHandler(services.GetRequiredService<ServiceEndpoints>()));
        return httpClientBuilder;
    }
}
