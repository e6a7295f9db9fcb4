using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Nimbus.Tests.Gateway;

/// <summary>The gateway in front of one upstream per service, shared by the tests of a class one after the other.</summary>
public sealed class GatewaySystem : IAsyncLifetime
{
    public const int MaxBodyBytes = 1 << 20;

    private GatewayHost _gateway = null!;

    public Upstream Identity { get; private set; } = null!;

    public Upstream Ingest { get; private set; } = null!;

    public Upstream Query { get; private set; } = null!;

    public Uri Address => _gateway.Address;

    /// <summary>Follows no redirect, keeps no cookie, decodes nothing: shows the gateway's answer as it is.</summary>
    public HttpClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Identity = await Upstream.StartAsync();
        Ingest = await Upstream.StartAsync();
        Query = await Upstream.StartAsync();
        _gateway = GatewayHost.Start(new()
        {
            ["services:identity:http:0"] = Identity.Address.ToString(),
            ["services:ingest:http:0"] = Ingest.Address.ToString(),
            ["services:query:http:0"] = Query.Address.ToString(),
            ["ReverseProxy:Clusters:identity:HttpRequest:ActivityTimeout"] = "00:00:01",
            ["Nimbus:Gateway:MaxBodyBytes"] = $"{MaxBodyBytes}",
        });
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = _gateway.Address,
        };
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _gateway.DisposeAsync();
        foreach (var upstream in new[] { Identity, Ingest, Query })
            await upstream.DisposeAsync();
    }

    public void Forget()
    {
        Identity.Forget();
        Ingest.Forget();
        Query.Forget();
    }

    /// <summary>Sends a target byte for byte as given, which no client class would; the whole answer as text.</summary>
    public async Task<string> SendRawAsync(string target, string method = "GET")
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, Address.Port);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: nimbus.test\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    public static async Task<string?> CodeOfAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"];
    }
}
