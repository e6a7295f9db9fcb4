using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.Tests.Gateway;

public sealed class ResilienceTests
{
    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    public async Task A_passing_fault_is_tried_again_when_the_server_says(HttpStatusCode fault)
    {
        var server = new Scripted(fault, fault, fault, HttpStatusCode.OK);
        await using var services = Services(server);
        using var response = await Client(services).GetAsync("http://server/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(4, server.Attempts);
    }

    [Fact]
    public async Task After_three_retries_the_last_answer_stands()
    {
        var server = new Scripted(HttpStatusCode.ServiceUnavailable);
        await using var services = Services(server);
        using var response = await Client(services).PostAsync("http://server/", new StringContent("again"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(4, server.Attempts);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Conflict)]
    public async Task What_another_attempt_cannot_mend_is_not_tried_again(HttpStatusCode answer)
    {
        var server = new Scripted(answer);
        await using var services = Services(server);
        using var response = await Client(services).GetAsync("http://server/");

        Assert.Equal(answer, response.StatusCode);
        Assert.Equal(1, server.Attempts);
    }

    [Fact]
    public async Task The_pipeline_and_not_the_client_limits_the_time()
    {
        await using var services = Services(new Scripted(HttpStatusCode.OK));
        Assert.Equal(Timeout.InfiniteTimeSpan, Client(services).Timeout);
    }

    [Fact]
    public async Task A_client_may_do_without()
    {
        var server = new Scripted(HttpStatusCode.ServiceUnavailable);
        var collection = new ServiceCollection();
        collection.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler());
        var probe = collection.AddHttpClient("test").ConfigurePrimaryHttpMessageHandler(() => server);
#pragma warning disable EXTEXP0001 // As the gateway's probes do.
        probe.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        await using var services = collection.BuildServiceProvider();
        using var response = await Client(services).GetAsync("http://server/");

        Assert.Equal(1, server.Attempts);
    }

    private static ServiceProvider Services(Scripted server)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddHttpClient("test").ConfigurePrimaryHttpMessageHandler(() => server).AddStandardResilienceHandler();
        return services.BuildServiceProvider();
    }

    private static HttpClient Client(ServiceProvider services) =>
        services.GetRequiredService<IHttpClientFactory>().CreateClient("test");

    /// <summary>Answers from a list, the last of it for ever, and asks to be tried again at once.</summary>
    private sealed class Scripted(params HttpStatusCode[] answers) : HttpMessageHandler
    {
        public int Attempts { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is { } content)
                Assert.Equal("again", await content.ReadAsStringAsync(cancellationToken));
            var response = new HttpResponseMessage(answers[Math.Min(Attempts++, answers.Length - 1)]);
            response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.Zero);
            return response;
        }
    }
}
