using System.Net;
using Microsoft.AspNetCore.Http;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Gateway;

/// <summary>A service that is replaced ends without a request that fails. The gateway stands for all: they end alike.</summary>
public sealed class ShutdownTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Uri Events = new("/v1/events", UriKind.Relative);

    [SkippableFact]
    public async Task A_service_that_is_asked_to_stop_says_so_serves_until_its_callers_have_gone_and_ends()
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent");
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var intake = await Upstream.StartAsync();
        intake.Answer = async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            if (context.Request.Path == "/v1/batch")
                await held.Task;
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        };
        await using var gateway = await StartAsync(intake);
        using var client = new HttpClient { BaseAddress = gateway.Client.BaseAddress };

        // A balancer sends there until it hears that the service is not ready.
        using var balancer = new CancellationTokenSource();
        var sending = Enumerable.Range(0, 4).Select(_ => SendAsync(client, balancer.Token)).ToList();
        var slow = client.PostAsync(new Uri("/v1/batch", UriKind.Relative), new StringContent("{}"));
        gateway.AskToStop();
        await Eventually.TrueAsync(
            async () => (await gateway.Client.GetAsync("/readiness")).StatusCode == HttpStatusCode.ServiceUnavailable, () => gateway.Output, Patience);
        var late = await PostAsync(client);
        await balancer.CancelAsync();
        var sent = await Task.WhenAll(sending);

        Assert.Equal((HttpStatusCode.Accepted, true), late);
        Assert.All(sent, answers => Assert.NotEmpty(answers));
        Assert.All(sent.SelectMany(answers => answers), answer => Assert.Equal(HttpStatusCode.Accepted, answer.Status));

        await Eventually.TrueAsync(() => RefusesAsync(gateway), () => "it goes on taking connections", Patience);
        Assert.False(slow.IsCompleted);
        held.SetResult();
        using var answered = await slow;
        Assert.Equal(HttpStatusCode.Accepted, answered.StatusCode);
        Assert.Equal(0, await gateway.ExitAsync());
    }

    [Theory]
    [InlineData("Production", null, 5)]
    [InlineData("Development", null, 0)]
    [InlineData("Development", 3, 3)]
    public void Whoever_develops_does_not_wait_for_the_drain_unless_it_is_set(string environment, int? set, int expected)
    {
        var options = new ShutdownOptions { Drain = set is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
        var drain = options.DrainIn(new Microsoft.Extensions.Hosting.Internal.HostingEnvironment { EnvironmentName = environment });
        Assert.Equal(TimeSpan.FromSeconds(expected), drain);
    }

    private static Task<ServiceProcess> StartAsync(Upstream intake) => ServiceProcess.StartAsync("Nimbus.Gateway.dll", new()
    {
        // The routes stand in a file of the program.
        ["ASPNETCORE_CONTENTROOT"] = Path.Combine(TestData.RepositoryRoot, "Nimbus.Gateway"),
        ["Nimbus__Jwt__Secret"] = NimbusSystem.JwtSecret,
        ["Nimbus__Shutdown__Drain"] = "00:00:03",
        ["Nimbus__RateLimit__Enabled"] = "false",
        ["services__identity__http__0"] = intake.Address.ToString(),
        ["services__ingest__http__0"] = intake.Address.ToString(),
        ["services__query__http__0"] = intake.Address.ToString(),
    });

    private static async Task<List<(HttpStatusCode Status, bool IsLast)>> SendAsync(HttpClient client, CancellationToken end)
    {
        List<(HttpStatusCode, bool)> answers = [];
        while (!end.IsCancellationRequested)
            answers.Add(await PostAsync(client));
        return answers;
    }

    /// <summary>With a body: without one, what met a closing connection would be sent again unnoticed.</summary>
    private static async Task<(HttpStatusCode Status, bool IsLast)> PostAsync(HttpClient client)
    {
        using var answer = await client.PostAsync(Events, new StringContent("{}"));
        return (answer.StatusCode, answer.Headers.ConnectionClose == true);
    }

    private static async Task<bool> RefusesAsync(ServiceProcess service)
    {
        try
        {
            using var answer = await service.Client.GetAsync("/health");
            return false;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }
}
