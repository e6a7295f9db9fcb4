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

    /// <param name="port">One that is free, where its address must be known before; else any.</param>
    public static GatewayHost Start(Dictionary<string, string> settings, int port = 0)
    {
        var gateway = new GatewayHost(settings);
        gateway.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
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
