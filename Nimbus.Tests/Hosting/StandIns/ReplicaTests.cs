using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.Hosting.StandIns;

public sealed class ReplicaTests
{
    [Fact]
    public async Task Replicas_share_one_address_that_answers_while_one_of_them_is_down()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.AddProject<Projects.Nimbus_Gateway>("front")
            .WithEnvironment("Nimbus__Jwt__Secret", NimbusSystem.JwtSecret)
            .WithHttpHealthCheck("/health")
            .WithReplicas(2);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);

        var processes = new Dictionary<string, int>();
        await app.ResourceNotifications.WaitForResourceAsync("front", e =>
        {
            if (e.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value is int id) processes[e.ResourceId] = id;
            return processes.Count == 2;
        }, limit.Token);
        var address = new Uri(app.GetEndpoint("front"), "/health");
        await UntilAnswersAsync(address, limit.Token);

        Assert.Equal(2, processes.Values.Distinct().Count());
        using (var one = System.Diagnostics.Process.GetProcessById(processes.Values.First()))
        {
            one.Kill();
            await one.WaitForExitAsync(limit.Token);
        }

        for (var call = 0; call < 4; call++) Assert.Equal(HttpStatusCode.OK, await AnswerAsync(address, limit.Token));
    }

    // Both have to be up before one is taken down: each call is a new connection, and so goes to the next of the two.
    private static async Task UntilAnswersAsync(Uri address, CancellationToken ct)
    {
        for (var inARow = 0; inARow < 10;)
        {
            try
            {
                inARow = await AnswerAsync(address, ct) == HttpStatusCode.OK ? inARow + 1 : 0;
            }
            catch (HttpRequestException)
            {
                inARow = 0;
                await Task.Delay(50, ct);
            }
        }
    }

    private static async Task<HttpStatusCode> AnswerAsync(Uri address, CancellationToken ct)
    {
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });
        using var answer = await client.GetAsync(address, ct);
        return answer.StatusCode;
    }
}
