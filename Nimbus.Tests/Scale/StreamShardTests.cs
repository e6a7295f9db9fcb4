using System.Net;
using System.Text.Json;
using Nimbus.IngestService.Buffering;
using Nimbus.Tests.Durability;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using StackExchange.Redis;

namespace Nimbus.Tests.Scale;

/// <summary>The stream in shards, on a Redis cluster of three nodes.</summary>
[Collection(SeveralNimbus.Collection)]
public sealed class StreamShardTests(SeveralNimbus nimbus)
{
    private const int Shards = 12;

    [SkippableFact]
    public async Task Shards_lie_on_all_nodes_of_a_cluster_and_a_node_that_is_killed_loses_nothing()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus, redisConnection: cluster.Connection, shards: Shards, isCluster: true);
        var sent = new List<string>();
        for (var request = 0; request < 40; request++)
        {
            var ids = OwnPipeline.Ids($"r{request}", 5);
            await pipeline.SendAsync(ids);
            sent.AddRange(ids);
        }
        // Every entry has gone to the node of its shard, and no script found its keys on two.
        Assert.Equal(40, await pipeline.WaitingAsync());
        Assert.All(await cluster.KeysAsync("nimbus:events:*"), keys => Assert.True(keys > 0, "a node has no shard"));
        var health = await HealthAsync(pipeline);
        Assert.Equal("healthy", health["pipeline"]);
        Assert.Equal("healthy", health["redis-durability"]);

        // What the dead node has nobody can add to or read, until it is back; what others have goes on.
        await cluster.KillAsync(1);
        var refused = OwnPipeline.Ids("late", 1);
        var request1 = pipeline.Request(refused);
        using (var answer = await request1.SendAsync())
        {
            if (answer.StatusCode == HttpStatusCode.Accepted)
                sent.AddRange(refused);
        }
        pipeline.StartWriter();
        pipeline.StartWriter();
        cluster.Restart(1);
        await cluster.IsWholeAsync();
        if (!sent.Contains(refused[0]))
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await request1.SendAsync();
                    return answer.StatusCode == HttpStatusCode.Accepted;
                },
                () => "it is refused for good", TimeSpan.FromSeconds(60));
            sent.AddRange(refused);
        }

        await pipeline.HasStoredAsync(sent, TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task All_keys_that_one_script_touches_are_of_one_slot()
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(await nimbus.ConnectionStringAsync("redis"));
        for (var shard = 0; shard < Shards; shard++)
        {
            var keys = new StreamKeys(shard);
            var slots = new[] { keys.Stream, keys.PendingBytes, keys.EndOfKey("nbk_x{y}") }.Select(key => redis.HashSlot(key)).Distinct();
            Assert.Single(slots);
        }
    }

    [Fact]
    public void A_request_that_is_repeated_goes_to_the_shard_it_went_to()
    {
        var entry = new Guid("01020304-0506-0708-090a-0b0c0d0e0f10");
        Assert.Equal(EventStream.ShardOf(entry, Shards), EventStream.ShardOf(new Guid(entry.ToByteArray()), Shards));
        var spread = Enumerable.Range(0, 12_000).Select(_ => EventStream.ShardOf(Guid.CreateVersion7(), Shards)).GroupBy(shard => shard);
        Assert.All(spread, shard => Assert.InRange(shard.Count(), 800, 1200));
        Assert.Equal(Shards, spread.Count());
    }

    private static async Task<Dictionary<string, string?>> HealthAsync(OwnPipeline pipeline)
    {
        using var answer = await pipeline.Intake.Client.GetAsync("/health/detailed");
        return JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync()).GetProperty("checks").EnumerateArray()
            .ToDictionary(check => check.GetProperty("name").GetString()!, check => check.GetProperty("status").GetString());
    }
}
