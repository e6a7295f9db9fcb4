using System.Text;
using Nimbus.Events.Schema;
using Nimbus.Tests.Durability;
using Nimbus.Tests.EndToEnd;

namespace Nimbus.Tests.Scale;

/// <summary>
/// What the writer does differently on a Citus cluster, on a PostgreSQL that is none: the two things of Citus that it calls are stood in
/// for. That Citus takes the statements, this does not show.
/// </summary>
[Collection(SeveralNimbus.Collection)]
public sealed class DistributedTests(SeveralNimbus nimbus)
{
    [Fact]
    public async Task Tables_are_distributed_once_and_the_writer_stores_what_it_stores_otherwise()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus, isDistributed: true);
        await pipeline.ExecuteAsync("""
            CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, partkey text NOT NULL, beside text NOT NULL);
            CREATE FUNCTION create_distributed_table(table_name regclass, distribution_column text, colocate_with text) RETURNS void
            LANGUAGE sql AS 'INSERT INTO pg_dist_partition VALUES (table_name, distribution_column, colocate_with)';
            """);
        var sent = new List<string>();
        for (var request = 0; request < 10; request++)
        {
            var ids = OwnPipeline.Ids($"r{request}", 7);
            await pipeline.SendAsync(ids, keyed: true);
            sent.AddRange(ids);
        }
        // A key that comes again, in another request.
        await pipeline.SendAsync(["r0-0"], keyed: true);
        var other = await pipeline.OtherProjectAsync();
        await SendEverythingAsync(pipeline, other, "ada");
        await pipeline.SendAsync(["last"]);
        sent.Add("last");

        pipeline.StartWriter();
        pipeline.StartWriter();

        await pipeline.HasStoredAsync(sent);
        Assert.Equal(
            DistributedTables.OfProjects.Length, await pipeline.AskAsync<long>("SELECT count(*) FROM pg_dist_partition WHERE partkey = 'project_id'"));
        Assert.Equal("project_seq", await pipeline.AskAsync<string>("SELECT logicalrelid::text FROM pg_dist_partition WHERE beside = 'none'"));
        Assert.Equal(3L, await pipeline.AskAsync<long>($"SELECT count(*) FROM events WHERE project_id = '{other.Id}'"));
        Assert.Equal(3L, await pipeline.AskAsync<long>($"SELECT count(*) FROM ids WHERE project_id = '{other.Id}'"));
        Assert.Equal(1L, await pipeline.AskAsync<long>($"SELECT count(DISTINCT canonical) FROM ids WHERE project_id = '{other.Id}'"));
        Assert.Equal(1L, await pipeline.AskAsync<long>($"SELECT count(*) FROM trait_writes WHERE project_id = '{other.Id}'"));
        // Each change of each project has its number, and no number is left out.
        Assert.Equal(0L, await pipeline.AskAsync<long>("""
            SELECT count(*) FROM project_seq s WHERE s.n <> (SELECT count(*) FROM outbox o WHERE o.project_id = s.project_id)
                OR s.n <> (SELECT max(o.n) FROM outbox o WHERE o.project_id = s.project_id)
            """));
    }

    private static async Task SendEverythingAsync(OwnPipeline pipeline, TestProject project, string user)
    {
        var body = $$"""
            {"writeKey":"{{project.Project.WriteKey}}","batch":[
            {"type":"track","event":"view","userId":"{{user}}","anonymousId":"device","messageId":"t"},
            {"type":"identify","userId":"{{user}}","messageId":"i","traits":{"plan":"pro"} },
            {"type":"alias","previousId":"before","userId":"{{user}}","messageId":"a"}]}
            """;
        using var answer = await pipeline.Intake.Client.PostAsync("/v1/batch", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
