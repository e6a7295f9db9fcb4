using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.IngestService.Retention;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.EndToEnd;

/// <summary>What a project no longer keeps: hidden at once, deleted behind it, and nothing left of a deleted project.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class ExpiryTests(NimbusSystem nimbus)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("2026-03-31T00:00:00Z", 30, "2026-03-01")]
    [InlineData("2026-03-31T23:59:59.999Z", 30, "2026-03-01")] // the whole of the day that the oldest kept moment lies on
    [InlineData("2026-03-01T12:00:00Z", 1, "2026-02-28")]
    public void Whole_days_are_kept(string now, int days, string floor) =>
        Assert.Equal(
            DateTimeOffset.Parse(floor + "T00:00:00Z", CultureInfo.InvariantCulture),
            EventExpiry.FloorOf(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture), days));

    [Fact]
    public async Task Events_past_the_retention_leave_every_answer_and_the_table_and_first_seen_stays()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var now = DateTimeOffset.UtcNow;
        await project.SendAsync(
            new NimbusEvent("view") { UserId = "ada", Timestamp = now.AddDays(-40) },
            new NimbusEvent("view") { UserId = "bob", Timestamp = now.AddDays(-31.5) },
            new NimbusEvent("view") { UserId = "ada", Timestamp = now.AddDays(-20) },
            new NimbusEvent("view") { UserId = "cyd", Timestamp = now });
        await project.WaitForCountAsync(4);
        var ada = (await project.AllEventsAsync())[0].PersonId;
        Assert.Equal(4, await TrendAsync(project));

        await project.ChangeAsync(new { retention_days = 30 });
        await Eventually.TrueAsync(async () => await project.CountAsync() == 2, () => "the older events are in the answers", Patience);

        Assert.Equal(2, await TrendAsync(project));
        Assert.Equal(["ada", "cyd"], (await project.AllEventsAsync()).Select(e => e.UserId));
        await Eventually.TrueAsync(
            async () => await CountAsync("events", project.Id) == 2, () => "the older events are in the table", Patience);
        using var person = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/persons/{ada}?project_id={project.Id}");
        var profile = await person.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(now.AddDays(-40).ToUnixTimeSeconds(), profile.GetProperty("first_seen").GetDateTimeOffset().ToUnixTimeSeconds());

        // What comes late is past it as well, and to keep more from now on does not bring back what is gone.
        await project.ChangeAsync(new { retention_days = (int?)null });
        await project.SendAsync(new NimbusEvent("view") { UserId = "dan", Timestamp = now.AddDays(-50) }, new NimbusEvent("view") { UserId = "eve" });
        await project.WaitForCountAsync(3);
        Assert.Equal(["ada", "cyd", "eve"], (await project.AllEventsAsync()).Select(e => e.UserId));
    }

    [Fact]
    public async Task Of_a_deleted_project_nothing_is_left_and_its_owner_can_watch_it_go()
    {
        var (project, other) = (await TestProject.CreateAsync(nimbus), await TestProject.CreateAsync(nimbus));
        foreach (var one in new[] { project, other })
        {
            await one.SendAsync(
                new NimbusEvent("view") { UserId = "ada", AnonymousId = "a-1", IdempotencyKey = "1" },
                new NimbusEvent("buy") { UserId = "ada", Timestamp = DateTimeOffset.UtcNow.AddYears(-5) });
            await one.WaitForCountAsync(2);
        }
        var tables = await TablesAsync();
        Assert.Contains("ids", tables);

        using (var deleted = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/projects/{project.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using (var gone = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/events?project_id={project.Id}"))
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        var watched = Assert.Single(await DeletedAsync());
        Assert.Equal(project.Id, watched.GetProperty("id").GetGuid());

        await Eventually.TrueAsync(
            async () => Assert.Single(await DeletedAsync()).GetProperty("erased_at").ValueKind == JsonValueKind.String,
            () => "its events are being deleted still", Patience);
        foreach (var table in tables)
            Assert.True(await CountAsync(table, project.Id) == 0, $"{table} holds rows of the deleted project");
        Assert.Equal(2, await other.CountAsync());
        Assert.Equal(2, await CountAsync("events", other.Id));

        async Task<List<JsonElement>> DeletedAsync()
        {
            using var answer = await project.Owner.SendAsync(HttpMethod.Get, "/v1/projects/deleted");
            return [.. (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("projects").EnumerateArray()];
        }
    }

    private static async Task<long> TrendAsync(TestProject project)
    {
        using var body = JsonContent.Create(new
        {
            project_id = project.Id,
            from = DateTimeOffset.UtcNow.AddDays(-60),
            to = DateTimeOffset.UtcNow.AddDays(1),
            bucket = "1d",
            series = new[] { new { name = "view" } },
        });
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/trends", body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("series")[0].GetProperty("total").GetInt64();
    }

    private async Task<List<string>> TablesAsync()
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using var command = database.CreateCommand("""
            SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name = 'project_id' AND table_name NOT LIKE 'events\_%' AND table_name <> 'visible_events'
            """);
        var tables = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            tables.Add(reader.GetString(0));
        return tables;
    }

    private async Task<long> CountAsync(string table, Guid project)
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using var command = database.CreateCommand($"SELECT count(*) FROM {table} WHERE project_id = $1");
        command.Parameters.AddWithValue(project);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
