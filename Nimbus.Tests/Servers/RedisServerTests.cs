using Aspire.Hosting;
using Aspire.Hosting.Servers;
using Nimbus.Tests.Hosting;
using StackExchange.Redis;

namespace Nimbus.Tests.Servers;

public sealed class RedisServerTests : IDisposable
{
    private readonly ScratchFolder scratch = new();
    private readonly int port = Ports.Free();

    [Theory]
    [InlineData("secret")]
    [InlineData("sp ace \"quote\" back\\slash #é")]
    public async Task It_takes_its_password_and_no_other(string password)
    {
        await using var server = await StartAsync(password);

        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => CheckAsync("another"));

        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task What_was_acknowledged_survives_kill_9()
    {
        await using (var first = await StartAsync("secret", "--appendfsync", "always"))
        {
            await AskAsync("SET", "kept", "yes");
            await first.KillAsync();
        }

        await using var second = await StartAsync("secret", "--appendfsync", "always");

        Assert.Equal("yes", await AskAsync("GET", "kept"));
    }

    [Fact]
    public async Task Arguments_of_the_caller_win_over_ours()
    {
        await using var server = await StartAsync("secret", "--appendonly", "no", "--maxmemory", "64mb");

        Assert.Equal("no", await SettingAsync("appendonly"));
        Assert.Equal("67108864", await SettingAsync("maxmemory"));
        Assert.Equal("127.0.0.1", await SettingAsync("bind"));
    }

    [Fact]
    public async Task Without_a_folder_it_runs_in_a_new_one()
    {
        var prepared = await RedisServer.PrepareAsync(null, port, "", [], _ => { }, CancellationToken.None);
        try
        {
            await using var server = await RunningServer.StartAsync(
                prepared, ct => RedisServer.CheckAsync($"127.0.0.1:{port}", ct));

            Assert.Contains("--appendonly", prepared.Arguments);
            Assert.True(Directory.Exists(Path.Combine(prepared.WorkingDirectory, "appendonlydir")));
        }
        finally
        {
            Directory.Delete(prepared.WorkingDirectory, recursive: true);
        }
    }

    [Fact]
    public async Task Without_any_way_to_get_it_the_one_line_names_the_ways_out()
    {
        var bare = new Machine { Root = scratch.Path, SearchPath = [], IsRoot = true, CacheFolder = scratch["cache"] };

        var none = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => RedisServer.PrepareAsync(bare, null, port, "", [], _ => { }, CancellationToken.None));

        Assert.All(
            ["apt-get install redis-server", "Docker", "ConnectionStrings"],
            way => Assert.Contains(way, none.Message, StringComparison.Ordinal));
    }

    public void Dispose() => scratch.Dispose();

    private async Task<RunningServer> StartAsync(string password, params string[] arguments)
    {
        var prepared = await RedisServer.PrepareAsync(
            scratch["redis"], port, password, arguments, _ => { }, CancellationToken.None);
        return await RunningServer.StartAsync(prepared, _ => CheckAsync(password));
    }

    private Task CheckAsync(string password) =>
        RedisServer.CheckAsync($"127.0.0.1:{port},password={password}", CancellationToken.None);

    private async Task<string?> SettingAsync(string name)
    {
        var answer = (RedisResult[]?)await ExecuteAsync("CONFIG", "GET", name);
        return (string?)answer?[1];
    }

    private async Task<string?> AskAsync(string command, params string[] arguments) =>
        (string?)await ExecuteAsync(command, arguments);

    private async Task<RedisResult> ExecuteAsync(string command, params string[] arguments)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},password=secret,allowAdmin=true");
        return await redis.GetDatabase().ExecuteAsync(command, [.. arguments]);
    }
}
