using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Nimbus.Gateway.Routes;

/// <summary>
/// The way to the services. The routes stand in appsettings.json: what has no route there, <c>/internal</c> above all,
/// is not to be reached from outside.
/// </summary>
internal static class GatewayRoutes
{
    public static void AddRoutes(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<GatewayLimits>("Nimbus:Gateway");
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayLimits>>(
            (kestrel, limits) => kestrel.Limits.MaxRequestBodySize = limits.Value.MaxBodyBytes);

        var limits = builder.Configuration.GetSection("Nimbus:Gateway").Get<GatewayLimits>() ?? new GatewayLimits();
        var patience = new ConnectPatience(limits.ConnectPatience, TimeProvider.System);
        builder.Services.AddSingleton<ILoadBalancingPolicy, ProjectHash>();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddServiceDiscoveryDestinationResolver()
            .ConfigureHttpClient((_, client) => client.ConnectCallback = patience.ConnectAsync)
            .AddTransforms(AddTransforms);
    }

    private static void AddTransforms(TransformBuilderContext route)
    {
        route.AddRequestTransform(RequestTarget.ForwardAsReceived);
        // X-Forwarded-* are set by the proxy itself; nobody here reads this one, so nobody may be fooled by it.
        route.AddRequestTransform(request =>
        {
            request.ProxyRequest.Headers.Remove("Forwarded");
            // Whose address X-Forwarded-For tells, services believe from us alone.
            request.ProxyRequest.Headers.Remove(CallerAddress.Header);
            request.ProxyRequest.Headers.TryAddWithoutValidation(
                CallerAddress.Header, request.HttpContext.RequestServices.GetRequiredService<CallerAddress>().Prove());
            return ValueTask.CompletedTask;
        });
    }
}
