using System.Net;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Durability;

/// <summary>A Redis whose disk is full.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class RedisFaultTests(NimbusSystem nimbus)
{
    [SkippableFact]
    public async Task A_full_disk_of_Redis_is_503_and_what_was_acknowledged_before_is_kept()
    {
        await using var disk = await SmallDisk.MountAsync(8);
        var server = new OwnRedis(disk.Folder);
        await using var running = server;
        await server.StartAsync();
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus, redisConnection: server.Connection);
        var acknowledged = new List<string>();

        disk.Fill();
        var refused = 0;
        for (var batch = 0; refused < 3; batch++)
        {
            var ids = OwnPipeline.Ids($"b{batch}", 200);
            using var answer = await pipeline.Request(ids).SendAsync();
            if (answer.StatusCode == HttpStatusCode.Accepted)
            {
                acknowledged.AddRange(ids);
                continue;
            }
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            refused++;
        }
        // With appendfsync always it ends where it cannot write, rather than forget what it has said.
        await server.EndedAsync();
        disk.Free();
        await server.StartAsync();

        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await pipeline.Request(["after"]).SendAsync();
                if (answer.StatusCode == HttpStatusCode.Accepted)
                    acknowledged.Add("after");
                return answer.StatusCode == HttpStatusCode.Accepted;
            },
            () => "nothing is taken after the restart", TimeSpan.FromSeconds(30));
        pipeline.StartWriter();
        await Eventually.TrueAsync(async () => await pipeline.WaitingAsync() == 0, () => "entries wait", TimeSpan.FromSeconds(30));
        var stored = await pipeline.StoredAsync();
        Assert.Empty(acknowledged.Except(stored));
        Assert.Equal(stored.Count, stored.Distinct().Count());
    }
}
