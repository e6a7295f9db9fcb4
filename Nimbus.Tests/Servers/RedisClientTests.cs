using System.Collections.Concurrent;
using System.Diagnostics;
using Aspire.Hosting.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Nimbus.Tests.Hosting;
using StackExchange.Redis;

namespace Nimbus.Tests.Servers;

/// <summary>What services register to reach Redis.</summary>
public sealed class RedisClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly ScratchFolder scratch = new();
    private readonly int port = Ports.Free();

    [Fact]
    public async Task A_multiplexer_made_while_Redis_is_away_connects_when_it_comes_and_again_after_a_restart()
    {
        using var host = NewHost($"127.0.0.1:{port},password=secret,connectTimeout=1000");
        await host.StartAsync();
        var health = host.Services.GetRequiredService<HealthCheckService>();
        var redis = host.Services.GetRequiredService<IConnectionMultiplexer>();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Entries["StackExchange.Redis"].Status);

        await using (var first = await StartAsync())
        {
            await AnswersAsync(redis);
            Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
            await first.KillAsync();
        }
        await using var second = await StartAsync();

        await AnswersAsync(redis);
        Assert.True(redis.IsConnected);
    }

    [Fact]
    public async Task A_command_is_a_span_of_the_activity_that_sent_it()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "test" or "OpenTelemetry.Instrumentation.StackExchangeRedis",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var tests = new ActivitySource("test");
        await using var server = await StartAsync();
        using var host = NewHost($"127.0.0.1:{port},password=secret");
        await host.StartAsync();
        var redis = host.Services.GetRequiredService<IConnectionMultiplexer>();

        using (tests.StartActivity("request"))
            await redis.GetDatabase().StringGetAsync("key");
        await redis.GetDatabase().KeyDeleteAsync("key");
        await host.StopAsync();

        var request = Assert.Single(spans, span => span.Source.Name == "test");
        var command = Assert.Single(spans, span => span.ParentSpanId == request.SpanId);
        Assert.Equal(("GET", ActivityKind.Client), (command.OperationName, command.Kind));
        Assert.Equal("127.0.0.1", command.GetTagItem("server.address"));
        Assert.DoesNotContain(spans, span => span.OperationName == "DEL");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("password=hunter2")]
    [InlineData("127.0.0.1:6379,pasword=hunter2")]
    public void A_missing_or_broken_connection_string_names_the_setting_and_keeps_the_secret(string? connectionString)
    {
        using var host = NewHost(connectionString);

        var broken = Assert.Throws<InvalidOperationException>(
            () => host.Services.GetRequiredService<IConnectionMultiplexer>());

        Assert.Contains("ConnectionStrings:redis", broken.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", broken.Message, StringComparison.Ordinal);
    }

    public void Dispose() => scratch.Dispose();

    private static IHost NewHost(string? connectionString)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:redis", connectionString)]);
        builder.AddRedisClient("redis");
        return builder.Build();
    }

    private async Task<RunningServer> StartAsync()
    {
        var prepared = await RedisServer.PrepareAsync(
            scratch["redis"], port, "secret", [], _ => { }, CancellationToken.None);
        return await RunningServer.StartAsync(
            prepared, ct => RedisServer.CheckAsync($"127.0.0.1:{port},password=secret", ct));
    }

    private static async Task AnswersAsync(IConnectionMultiplexer redis)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                await redis.GetDatabase().PingAsync().WaitAsync(limit.Token);
                return;
            }
            catch (RedisException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(20);
            }
        }
    }
}
