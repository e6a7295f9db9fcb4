using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Nimbus.IngestService;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Ingest;

/// <summary>An intake with settings of its own, beside the running system's and over the same stores unless told otherwise.</summary>
internal sealed class IntakeHost : WebApplicationFactory<IngestOptions>
{
    private readonly Dictionary<string, string> _settings;

    private IntakeHost(Dictionary<string, string> settings) => _settings = settings;

    public HttpClient Client { get; private set; } = null!;

    public static async Task<IntakeHost> StartAsync(NimbusSystem nimbus, Dictionary<string, string> settings)
    {
        using var identity = nimbus.Service("identity");
        var all = new Dictionary<string, string>(settings);
        all.TryAdd("ConnectionStrings:eventsdb", await nimbus.ConnectionStringAsync("eventsdb"));
        all.TryAdd("ConnectionStrings:redis", await nimbus.ConnectionStringAsync("redis"));
        all.TryAdd("services:identity:http:0", identity.BaseAddress!.ToString());
        var host = new IntakeHost(all);
        host.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        host.StartServer();
        host.Client = new HttpClient { BaseAddress = host.ClientOptions.BaseAddress };
        var said = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await host.Client.GetAsync("/readiness");
                said = await answer.Content.ReadAsStringAsync();
                return answer.IsSuccessStatusCode;
            },
            () => $"intake is not ready: {said}", TimeSpan.FromSeconds(60));
        return host;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        builder.UseSetting("Nimbus:Jwt:Secret", NimbusSystem.JwtSecret);
        builder.UseSetting("Nimbus:MasterKey", NimbusSystem.MasterKey);
        foreach (var (key, value) in _settings)
            builder.UseSetting(key, value);
    }
}
