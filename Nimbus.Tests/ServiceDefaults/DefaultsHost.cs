using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>A service that has the defaults and nothing else, on a free port of this machine.</summary>
internal sealed class DefaultsHost : IAsyncDisposable
{
    public const string Secret = "a-secret-that-only-these-tests-use";

    private readonly WebApplication app;

    private DefaultsHost(WebApplication app)
    {
        this.app = app;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Client = new HttpClient { BaseAddress = new Uri(address) };
    }

    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    public TokenIssuer Tokens => Services.GetRequiredService<TokenIssuer>();

    public static async Task<DefaultsHost> StartAsync(
        Action<WebApplication>? map = null,
        Action<WebApplicationBuilder>? configure = null,
        Dictionary<string, string?>? settings = null)
    {
        var app = Build(map, configure, settings);
        await app.StartAsync();
        return new DefaultsHost(app);
    }

    public static WebApplication Build(
        Action<WebApplication>? map = null,
        Action<WebApplicationBuilder>? configure = null,
        Dictionary<string, string?>? settings = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Nimbus:Jwt:Secret"] = Secret });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.AddServiceDefaults();
        // The console alone: what logs to a collector stays.
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(ConsoleLoggerProvider)));
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseServiceDefaults();
        map?.Invoke(app);
        app.MapDefaultEndpoints();
        return app;
    }

    public string UserToken(Guid? user = null, Guid? session = null) => Tokens.Issue(new AccessToken(
        user ?? Guid.CreateVersion7(), session ?? Guid.CreateVersion7(), Audiences.User, TimeSpan.FromMinutes(10)));

    public string ServiceToken() =>
        Tokens.Issue(new AccessToken(Guid.Empty, Guid.Empty, Audiences.Service, TimeSpan.FromMinutes(5)));

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}
