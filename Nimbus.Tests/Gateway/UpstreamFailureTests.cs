using System.Net;
using Microsoft.AspNetCore.Http;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Gateway;

public sealed class UpstreamFailureTests(GatewaySystem system) : IClassFixture<GatewaySystem>, IDisposable
{
    public void Dispose() => system.Forget();

    [Fact]
    public async Task A_service_that_is_down_is_a_502_without_internals()
    {
        var closed = Ports.Free();
        await using var gateway = GatewayHost.Start(new() { ["services:identity:http:0"] = $"http://127.0.0.1:{closed}" });
        using var client = new HttpClient { BaseAddress = gateway.Address };

        using var response = await client.PostAsync("/v1/auth/login", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("upstream_unavailable", await GatewaySystem.CodeOfAsync(response));
        var body = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain($"{closed}", body, StringComparison.Ordinal);
        Assert.DoesNotContain("identity", body, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_in_time_is_a_504()
    {
        system.Identity.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted)
            .ContinueWith(_ => { }, TaskScheduler.Default);

        using var response = await system.Client.GetAsync("/v1/auth/me");

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("upstream_timeout", await GatewaySystem.CodeOfAsync(response));
    }

    [Fact]
    public async Task A_service_that_breaks_off_before_its_answer_is_a_502()
    {
        system.Query.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        using var response = await system.Client.PostAsync("/v1/insights/funnel", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("upstream_unavailable", await GatewaySystem.CodeOfAsync(response));
    }

    [Theory]
    [InlineData(502, "a body of its own")]
    [InlineData(503, "")]
    [InlineData(404, "")]
    public async Task An_error_that_a_service_answers_itself_is_passed_on(int status, string body)
    {
        system.Query.Answer = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "7";
            context.Response.ContentLength = body.Length;
            return context.Response.WriteAsync(body);
        };

        using var response = await system.Client.GetAsync("/v1/metrics");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), response.Headers.RetryAfter?.Delta);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
    }
}
