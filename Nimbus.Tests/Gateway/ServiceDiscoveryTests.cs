using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.Tests.Gateway;

public sealed class ServiceDiscoveryTests
{
    [Fact]
    public async Task Requests_take_turns_at_the_addresses_of_a_service()
    {
        await using var services = Services(new()
        {
            ["services:identity:http:0"] = "http://10.0.0.1:81",
            ["services:identity:http:1"] = "http://10.0.0.2:82",
        });

        var sent = new List<string>();
        for (var i = 0; i < 4; i++)
            sent.Add(await SendAsync(services, "http://identity/v1/auth/me?x=1"));

        Assert.Equal(2, sent.Count(uri => uri == "http://10.0.0.1:81/v1/auth/me?x=1"));
        Assert.Equal(2, sent.Count(uri => uri == "http://10.0.0.2:82/v1/auth/me?x=1"));
        Assert.NotEqual(sent[0], sent[1]);
    }

    [Theory]
    [InlineData("https+http://both/", "https://10.0.0.1:443/")]
    [InlineData("http://both/", "http://10.0.0.1:80/")]
    [InlineData("https+http://plain/", "http://10.0.0.3:80/")]
    [InlineData("http://_admin.both/", "http://10.0.0.1:9000/")]
    [InlineData("https+http://mixed/", "https://10.0.0.5:443/")]
    [InlineData("http://bare/", "http://10.0.0.6:8080/")]
    [InlineData("http://example.org:8080/x", "http://example.org:8080/x")]
    [InlineData("https+http://unknown/x", "https://unknown:443/x")]
    [InlineData("http://10.1.2.3/x", "http://10.1.2.3:80/x")]
    public async Task A_name_resolves_to_the_address_it_prefers(string asked, string expected)
    {
        await using var services = Services(new()
        {
            ["services:both:http:0"] = "http://10.0.0.1",
            ["services:both:https:0"] = "https://10.0.0.1",
            ["services:both:admin:0"] = "http://10.0.0.1:9000",
            ["services:plain:http:0"] = "http://10.0.0.3",
            ["services:mixed:default:0"] = "http://10.0.0.4",
            ["services:mixed:default:1"] = "https://10.0.0.5",
            ["services:bare:http:0"] = "10.0.0.6:8080",
        });

        Assert.Equal(new Uri(expected), new Uri(await SendAsync(services, asked)));
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddServiceDiscovery();
        services.AddHttpClient("test").AddServiceDiscovery().ConfigurePrimaryHttpMessageHandler(() => new Echo());
        return services.BuildServiceProvider();
    }

    private static async Task<string> SendAsync(ServiceProvider services, string uri)
    {
        using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("test");
        return await client.GetStringAsync(uri);
    }

    /// <summary>Answers with the address that it was asked at.</summary>
    private sealed class Echo : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent($"{request.RequestUri}") });
    }
}
