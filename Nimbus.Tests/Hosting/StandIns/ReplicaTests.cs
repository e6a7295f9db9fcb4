using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.Hosting.StandIns;

public sealed class ReplicaTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

        // With none of them there a connection waits for the first that is back.
        var running = new List<int>();
        foreach (var id in processes.Keys)
        {
            var back = await app.ResourceNotifications.WaitForResourceAsync("front", e => e.ResourceId == id && ProcessOf(e.Snapshot) is { } now && IsAlive(now), limit.Token);
            running.Add(ProcessOf(back.Snapshot)!.Value);
        }

        foreach (var process in running) Signals.Send(process, Signals.Kill);
        await Eventually.TrueAsync(() => Task.FromResult(!running.Exists(IsAlive)), () => "they were not killed", Patience);
        Assert.Equal(HttpStatusCode.OK, await AnswerAsync(address, limit.Token));
    }

    [Fact]
    public async Task A_replica_that_is_asked_to_stop_gets_no_further_connections()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.AddProject<Projects.Nimbus_Gateway>("front")
            .WithEnvironment("Nimbus__Jwt__Secret", NimbusSystem.JwtSecret)
            .WithEnvironment("Nimbus__Shutdown__Drain", "00:00:03")
            .WithHttpHealthCheck("/health")
            .WithReplicas(2);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);
        var address = new Uri(app.GetEndpoint("front"), "/readiness");
        await UntilAnswersAsync(address, limit.Token);
        Assert.True(app.ResourceNotifications.TryGetCurrentState("front-0", out var before));

        var restarting = app.ResourceCommands.ExecuteCommandAsync("front-0", KnownResourceCommands.RestartCommand, limit.Token);
        var itself = new Uri(Variable(before.Snapshot, "ASPNETCORE_URLS") + "/readiness");
        await Eventually.TrueAsync(
            async () => await AnswerAsync(itself, limit.Token) == HttpStatusCode.ServiceUnavailable, () => "it does not say that it stops", Patience);

        // It would answer 503 as well.
        for (var call = 0; call < 4; call++) Assert.Equal(HttpStatusCode.OK, await AnswerAsync(address, limit.Token));
        Assert.False(restarting.IsCompleted);
        Assert.True((await restarting).Success);
        Assert.True(app.ResourceNotifications.TryGetCurrentState("front-0", out var after));
        Assert.NotEqual(ProcessOf(before.Snapshot), ProcessOf(after.Snapshot));
    }

    private static bool IsAlive(int process) => Array.Exists(System.Diagnostics.Process.GetProcesses(), p => p.Id == process);

    private static int? ProcessOf(CustomResourceSnapshot snapshot) => snapshot.State?.Text == KnownResourceStates.Running
        ? snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value as int? : null;

    private static string? Variable(CustomResourceSnapshot snapshot, string name) =>
        snapshot.EnvironmentVariables.FirstOrDefault(variable => variable.Name == name)?.Value;

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
