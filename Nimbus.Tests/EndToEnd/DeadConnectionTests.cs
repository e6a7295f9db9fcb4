using System.Net.Http.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Connections that died while nobody used them, as all do when PostgreSQL is restarted, cost no request.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class DeadConnectionTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task What_is_asked_first_over_a_dead_connection_is_answered()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(new NimbusEvent("view") { UserId = "ada" }, new NimbusEvent("view") { UserId = "bob" });
        await project.WaitForCountAsync(2);
        var of = $"project_id={project.Id}";
        var merge = new { project_id = project.Id, distinct_ids = new[] { "ada", "bob" } };
        foreach (var (fill, method, path, body) in new (string, HttpMethod, string, object?)[]
        {
            ($"/v1/events?{of}", HttpMethod.Get, $"/v1/events?{of}", null),
            ($"/v1/events?{of}", HttpMethod.Get, $"/v1/stats/top-events?{of}&from=2020-01-01&to=2099-12-31", null),
            ($"/v1/events?{of}", HttpMethod.Get, $"/v1/dashboards?{of}", null),
            ($"/v1/projects/{project.Id}/dead-letters", HttpMethod.Get, $"/v1/projects/{project.Id}/dead-letters", null),
            ($"/v1/projects/{project.Id}/dead-letters", HttpMethod.Post, "/v1/persons/merges", merge),
        })
        {
            // What fills the service's pool, and may be done twice.
            using (var before = await project.Owner.SendAsync(HttpMethod.Get, fill))
                Assert.True(before.IsSuccessStatusCode, $"{fill}: {await before.Content.ReadAsStringAsync()}");
            Assert.NotEqual(0, await EndIdleConnectionsAsync());

            using var answer = await project.Owner.SendAsync(method, path, body is null ? null : JsonContent.Create(body));

            Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private async Task<long> EndIdleConnectionsAsync()
    {
        await using var connection = new NpgsqlConnection(await nimbus.ConnectionStringAsync("eventsdb") + ";Pooling=false");
        await connection.OpenAsync();
        await using var end = new NpgsqlCommand("""
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND state = 'idle' AND pid <> pg_backend_pid()
            """, connection);
        return (long)(await end.ExecuteScalarAsync())!;
    }
}
