using System.Net;

namespace Nimbus.Tests.Hosting;

[Collection(NimbusSystem.Collection)]
public sealed class CrashTests(NimbusSystem nimbus)
{
    [SkippableTheory]
    [InlineData("identity")]
    [InlineData("gateway")]
    public async Task A_crashed_service_is_started_again(string service)
    {
        var before = await nimbus.ProcessIdAsync(service);

        await nimbus.KillAsync(service);

        Assert.NotEqual(before, await nimbus.ProcessIdAsync(service));
        using var client = nimbus.Service(service);
        using var answer = await client.GetAsync("/readiness");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [SkippableFact]
    public async Task A_crashed_database_server_is_started_again_with_its_data()
    {
        var project = Guid.NewGuid();
        await using (var source = Npgsql.NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb")))
        {
            await using var write = source.CreateCommand("INSERT INTO project_seq (project_id, n) VALUES ($1, 7)");
            write.Parameters.AddWithValue(project);
            await write.ExecuteNonQueryAsync();
        }

        await nimbus.KillAsync("postgres");

        await using var again = Npgsql.NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using var read = again.CreateCommand("SELECT n FROM project_seq WHERE project_id = $1");
        read.Parameters.AddWithValue(project);
        Assert.Equal(7L, await read.ExecuteScalarAsync());
    }
}
