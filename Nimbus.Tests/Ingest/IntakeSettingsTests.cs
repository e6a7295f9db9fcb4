using System.Net;
using System.Text;
using System.Text.Json;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Ingest;

/// <summary>Intakes with other settings than the running system's, on its Redis, its writer and its database.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class IntakeSettingsTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task An_answer_after_the_commit_finds_its_events_in_the_database()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using var intake = await IntakeHost.StartAsync(nimbus, new() { ["Nimbus:Ingest:AckAfter"] = "database" });
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        for (var sent = 1; sent <= 20; sent++)
        {
            using var answer = await new SignedRequest(project, $$"""{"events":[{"name":"a"}],"nonce":{{sent}}}""") { Gateway = intake.Client }.SendAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
            // At once: there is nothing to wait for.
            Assert.Equal(sent, await StoredAsync(database, project.Id));
        }
    }

    [SkippableFact]
    public async Task What_is_not_committed_in_time_is_503_and_the_same_bytes_again_are_stored_once()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using var intake = await IntakeHost.StartAsync(
            nimbus, new() { ["Nimbus:Ingest:AckAfter"] = "database", ["Nimbus:Ingest:AckTimeout"] = "00:00:01" });
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        var request = new SignedRequest(project, """{"events":[{"name":"a"}]}""") { Gateway = intake.Client };
        await using (await nimbus.SuspendAsync("ingest-writer"))
        {
            using var late = await request.SendAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
            Assert.NotNull(late.Headers.RetryAfter);
            Assert.Equal("not_stored_yet", await CodeAsync(late));
        }
        await Eventually.TrueAsync(
            async () =>
            {
                using var again = await request.SendAsync();
                return again.StatusCode == HttpStatusCode.Accepted;
            },
            () => "the repeat is not accepted", TimeSpan.FromSeconds(20));
        Assert.Equal(1, await StoredAsync(database, project.Id));
    }

    [Fact]
    public async Task A_key_that_sends_too_much_is_429_with_a_time_to_come_back_and_no_other_key_is()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var other = await TestProject.CreateAsync(nimbus);
        await using var intake = await IntakeHost.StartAsync(
            nimbus, new() { ["Nimbus:RateLimit:Enabled"] = "true", ["Nimbus:RateLimit:PerKeyPerMinute"] = "3" });
        for (var sent = 0; sent < 5; sent++)
        {
            using var answer = await new SignedRequest(project, $$"""{"events":[{"name":"a"}],"nonce":{{sent}}}""") { Gateway = intake.Client }.SendAsync();
            Assert.Equal((sent, sent < 3 ? HttpStatusCode.Accepted : HttpStatusCode.TooManyRequests), (sent, answer.StatusCode));
            if (sent < 3)
                continue;
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 20);
            Assert.Equal("3", answer.Headers.GetValues("RateLimit-Limit").Single());
            Assert.Equal("rate_limited", await CodeAsync(answer));
        }
        using var others = await new SignedRequest(other, """{"events":[{"name":"a"}]}""") { Gateway = intake.Client }.SendAsync();
        Assert.Equal(HttpStatusCode.Accepted, others.StatusCode);
        await project.WaitForCountAsync(3);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        JsonElement.Parse(Encoding.UTF8.GetBytes(await answer.Content.ReadAsStringAsync())).GetProperty("code").GetString();

    private static async Task<long> StoredAsync(NpgsqlDataSource database, Guid project)
    {
        await using var command = database.CreateCommand("SELECT count(*) FROM events WHERE project_id = $1");
        command.Parameters.AddWithValue(project);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
