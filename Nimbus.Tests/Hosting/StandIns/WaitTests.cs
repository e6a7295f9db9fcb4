using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.Hosting.StandIns;

/// <summary>What waits for what, shown with small programs.</summary>
public sealed class WaitTests : IDisposable
{
    private readonly CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("nimbus-waits-");

    [Fact]
    public async Task A_resource_starts_when_the_one_it_waits_for_has_ended()
    {
        await using var builder = Compose();
        var first = Shell(builder, "first", "echo first >> order; exit 3");
        Shell(builder, "second", "echo second >> order").WaitForCompletion(first, exitCode: 3);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);

        await app.ResourceNotifications.WaitForResourceAsync("second", KnownResourceStates.Finished, limit.Token);

        Assert.Equal(["first", "second"], await File.ReadAllLinesAsync(Path.Combine(folder.FullName, "order"), limit.Token));
    }

    [Fact]
    public async Task A_resource_does_not_start_when_the_one_it_waits_for_has_ended_otherwise()
    {
        await using var builder = Compose();
        var first = Shell(builder, "first", "exit 1");
        Shell(builder, "second", "echo second >> order").WaitForCompletion(first);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);

        await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("second", limit.Token));

        Assert.Empty(folder.GetFiles());
    }

    [Fact]
    public async Task A_resource_does_not_start_when_the_one_it_waits_for_has_ended_instead_of_becoming_healthy()
    {
        await using var builder = Compose();
        var first = Shell(builder, "first", "exit 1").WithHttpEndpoint(targetPort: 9).WithHttpHealthCheck("/health");
        Shell(builder, "second", "echo second >> order").WaitFor(first);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);

        await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("second", limit.Token));

        Assert.Empty(folder.GetFiles());
    }

    [Fact]
    public async Task A_resource_that_waits_for_a_start_does_not_wait_for_health()
    {
        await using var builder = Compose();
        // Nobody listens on the discard port, so it is never healthy.
        var first = Shell(builder, "first", "sleep 60").WithHttpEndpoint(targetPort: 9).WithHttpHealthCheck("/health");
        Shell(builder, "on-start", "exit 0").WaitForStart(first);
        Shell(builder, "on-health", "exit 0").WaitFor(first);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);

        await app.ResourceNotifications.WaitForResourceAsync("on-start", KnownResourceStates.Finished, limit.Token);

        await app.ResourceNotifications.WaitForResourceAsync("on-health", KnownResourceStates.Waiting, limit.Token);
    }

    [Fact]
    public async Task A_stopped_application_has_no_processes()
    {
        await using var builder = Compose();
        Shell(builder, "sleeper", "echo $$ > pid; sleep 600 & wait");
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);
        var file = Path.Combine(folder.FullName, "pid");
        while (!File.Exists(file) || new FileInfo(file).Length == 0) await Task.Delay(10, limit.Token);
        var pid = int.Parse(await File.ReadAllTextAsync(file, limit.Token));

        await app.StopAsync(limit.Token);

        Assert.Throws<ArgumentException>(() => Process.GetProcessById(pid));
    }

    [Fact]
    public async Task A_restarted_resource_is_another_process()
    {
        await using var builder = Compose();
        Shell(builder, "sleeper", "echo $$ >> pids; sleep 600 & wait");
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);
        var file = Path.Combine(folder.FullName, "pids");
        while (!File.Exists(file) || new FileInfo(file).Length == 0) await Task.Delay(10, limit.Token);

        var restarted = await app.ResourceCommands.ExecuteCommandAsync("sleeper", KnownResourceCommands.RestartCommand, limit.Token);

        Assert.True(restarted.Success);
        while (File.ReadAllLines(file).Length < 2) await Task.Delay(10, limit.Token);
        Assert.Equal(2, File.ReadAllLines(file).Distinct().Count());
        Assert.False((await app.ResourceCommands.ExecuteCommandAsync("nobody", KnownResourceCommands.RestartCommand, limit.Token)).Success);
    }

    public void Dispose()
    {
        limit.Dispose();
        folder.Delete(recursive: true);
    }

    private static IDistributedApplicationTestingBuilder Compose()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        return builder;
    }

    private IResourceBuilder<ExecutableResource> Shell(IDistributedApplicationBuilder builder, string name, string script) =>
        builder.AddExecutable(name, "sh", folder.FullName, "-c", script);
}
