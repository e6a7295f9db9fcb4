using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;
using Nimbus.Gateway.Routes;

namespace Nimbus.Tests.Gateway;

/// <summary>The gateway itself, listening on a free local port.</summary>
internal sealed class GatewayHost : WebApplicationFactory<GatewayLimits>
{
    private readonly Dictionary<string, string> _settings;

    private GatewayHost(Dictionary<string, string> settings) => _settings = settings;

    public Uri Address => ClientOptions.BaseAddress;

    public static GatewayHost Start(Dictionary<string, string> settings)
    {
        var gateway = new GatewayHost(settings);
        gateway.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        gateway.StartServer();
        return gateway;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        builder.UseSetting("Nimbus:Jwt:Secret", "a secret for tests that is long enough");
        foreach (var (key, value) in _settings)
            builder.UseSetting(key, value);
        builder.ConfigureLogging(logging => logging.ClearProviders());
    }
}
