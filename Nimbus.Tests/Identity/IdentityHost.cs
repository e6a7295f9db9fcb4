using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;
using Nimbus.IdentityService.Users;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.ServiceDefaults;

namespace Nimbus.Tests.Identity;

/// <summary>An identity service with settings of its own, beside the running system's and over the same stores.</summary>
internal sealed class IdentityHost : WebApplicationFactory<RegistrationOptions>
{
    private readonly Dictionary<string, string> _settings;

    private IdentityHost(Dictionary<string, string> settings) => _settings = settings;

    /// <summary>Follows no redirect and keeps no cookie.</summary>
    public HttpClient Client { get; private set; } = null!;

    public Uri Address => ClientOptions.BaseAddress;

    /// <summary>The lines of its log.</summary>
    public LogLines Log { get; } = new();

    public static async Task<IdentityHost> StartAsync(IdentitySystem system, Dictionary<string, string> settings)
    {
        var host = new IdentityHost(new(new Dictionary<string, string>
        {
            ["ConnectionStrings:identitydb"] = system.ConnectionString,
            ["ConnectionStrings:redis"] = system.RedisConnection,
        }.Concat(settings).GroupBy(setting => setting.Key).ToDictionary(setting => setting.Key, setting => setting.Last().Value)));
        host.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        host.StartServer();
        host.Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = host.Address,
        };
        await Eventually.TrueAsync(
            async () => (await host.Client.GetAsync("/readiness")).IsSuccessStatusCode, () => "identity is not ready", TimeSpan.FromSeconds(30));
        return host;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        builder.UseSetting("Nimbus:Jwt:Secret", NimbusSystem.JwtSecret);
        builder.UseSetting("Nimbus:MasterKey", "a master key of the tests that is long enough");
        foreach (var (key, value) in _settings)
            builder.UseSetting(key, value);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Log.Provider()));
    }
}
