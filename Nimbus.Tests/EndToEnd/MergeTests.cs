using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Persons made one by a member, and parted again.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class MergeTests(NimbusSystem nimbus)
{
    private static readonly DateTimeOffset Ten = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_merge_counts_two_people_once_over_the_whole_past_and_taken_back_every_answer_is_what_it_was()
    {
        var project = await ExampleAsync();
        var before = await Answers.OfAsync(project);
        var (ada, bob) = (await PersonOfAsync(project, "ada"), await PersonOfAsync(project, "bob"));

        var merged = await MergeAsync(project, new { project_id = project.Id, person_ids = new[] { ada, bob } });

        Assert.Equal((3, 0), (merged.GetProperty("id_count").GetInt32(), merged.GetProperty("warnings").GetArrayLength()));
        var merge = merged.GetProperty("merge");
        Assert.Equal(("merge", project.Owner.Session.User.Id), (merge.GetProperty("kind").GetString(), merge.GetProperty("made_by").GetGuid()));
        var during = await Answers.OfAsync(project);
        Assert.Contains("""{"date":"2026-03-02","users":2}""", during["/v1/stats/dau?from=2026-03-01&to=2026-03-03"], StringComparison.Ordinal);
        Assert.Equal(merged.GetProperty("person_id").GetGuid(), await PersonOfAsync(project, "bob"));
        Assert.Equal(merged.GetProperty("person_id").GetGuid(), await PersonOfAsync(project, "a-1"));
        foreach (var id in new[] { ada, bob })
            Assert.Contains("\"ada\"", await Answers.GetAsync(project, $"/v1/persons/{id}"), StringComparison.Ordinal);

        var undone = await UndoAsync(project, merge.GetProperty("id").GetGuid());
        Assert.Equal(new[] { ada, bob }.Order(), undone.GetProperty("person_ids").EnumerateArray().Select(id => id.GetGuid()).Order());
        Assert.Equal(project.Owner.Session.User.Id, undone.GetProperty("merge").GetProperty("undone_by").GetGuid());
        var after = await Answers.OfAsync(project);
        foreach (var (question, answer) in before)
            Assert.Equal((question, answer), (question, after[question]));
        Assert.Equal(before.Count, after.Count);
        Assert.Equal("already_undone", await CodeAsync(project, $"/v1/persons/merges/{merge.GetProperty("id").GetGuid()}/undo", new { }, HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_link_taken_back_parts_its_ids_stays_so_when_they_are_seen_again_and_is_in_the_history()
    {
        var project = await ExampleAsync();
        var ada = await PersonOfAsync(project, "ada");
        var link = Assert.Single(await MergesOfAsync(project, ada));
        Assert.Equal(("link", "a-1", "ada"), (link.GetProperty("kind").GetString(), link.GetProperty("ids")[0].GetString(), link.GetProperty("ids")[1].GetString()));

        await UndoAsync(project, link.GetProperty("id").GetGuid());
        await project.SendAsync(new NimbusEvent("view") { UserId = "ada", AnonymousId = "a-1", Timestamp = Ten.AddMinutes(-30) });
        await project.WaitForCountAsync(6);

        Assert.NotEqual(await PersonOfAsync(project, "ada"), await PersonOfAsync(project, "a-1"));
        var history = Assert.Single(await MergesOfAsync(project, await PersonOfAsync(project, "a-1")));
        Assert.Equal(link.GetProperty("id").GetGuid(), history.GetProperty("id").GetGuid());
        Assert.Equal(JsonValueKind.String, history.GetProperty("undone_at").ValueKind);

        // The link stays apart, and a member may join the two all the same, again and again.
        foreach (var _ in new[] { 1, 2 })
        {
            var merged = await MergeAsync(project, new { project_id = project.Id, distinct_ids = new[] { "a-1", "ada" } });
            Assert.Equal(await PersonOfAsync(project, "ada"), await PersonOfAsync(project, "a-1"));
            await UndoAsync(project, merged.GetProperty("merge").GetProperty("id").GetGuid());
        }
        Assert.NotEqual(await PersonOfAsync(project, "ada"), await PersonOfAsync(project, "a-1"));
    }

    [Fact]
    public async Task The_first_link_of_a_device_taken_back_the_device_is_its_second_users()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(
            new NimbusEvent("view") { UserId = "ada", AnonymousId = "shared", Timestamp = Ten },
            new NimbusEvent("view") { UserId = "bob", AnonymousId = "shared", Timestamp = Ten.AddHours(1) },
            new NimbusEvent("view") { AnonymousId = "shared", Timestamp = Ten.AddHours(2) });
        await project.WaitForCountAsync(3);
        var (ada, bob) = (await PersonOfAsync(project, "ada"), await PersonOfAsync(project, "bob"));
        Assert.Equal((true, false), (ada == await PersonOfAsync(project, "shared"), bob == ada));

        await UndoAsync(project, Assert.Single(await MergesOfAsync(project, ada)).GetProperty("id").GetGuid());

        Assert.Equal(await PersonOfAsync(project, "bob"), await PersonOfAsync(project, "shared"));
        Assert.NotEqual(await PersonOfAsync(project, "ada"), await PersonOfAsync(project, "shared"));
    }

    [Fact]
    public async Task What_cannot_be_merged_is_refused_with_its_reason()
    {
        var project = await ExampleAsync();
        var ada = await PersonOfAsync(project, "ada");
        Assert.Equal("same_id", await RefusedAsync(new { project_id = project.Id, person_ids = new[] { ada, ada } }));
        Assert.Equal("same_id", await RefusedAsync(new { project_id = project.Id, distinct_ids = new[] { "ada", "ada" } }));
        Assert.Equal("protected_id", await RefusedAsync(new { project_id = project.Id, distinct_ids = new[] { "ada", "Anonymous" } }));
        Assert.Equal("protected_id", await RefusedAsync(new { project_id = project.Id, distinct_ids = new[] { "", "ada" } }));
        Assert.Equal("person_not_found", await RefusedAsync(new { project_id = project.Id, distinct_ids = new[] { "ada", "nobody-knows" } }, HttpStatusCode.NotFound));
        Assert.Equal("person_not_found", await RefusedAsync(new { project_id = project.Id, person_ids = new[] { ada, Guid.CreateVersion7() } }, HttpStatusCode.NotFound));
        foreach (var wrong in new object[]
        {
            new { project_id = project.Id }, new { project_id = project.Id, person_ids = new[] { ada } },
            new { project_id = project.Id, person_ids = new[] { "ada", "bob" } }, new { project_id = project.Id, distinct_ids = new[] { "ada", "b\0b" } },
            new { project_id = project.Id, distinct_ids = new string?[] { "ada", null } },
            new { project_id = project.Id, distinct_ids = new[] { "ada", new string('x', 201) } },
            new { project_id = project.Id, distinct_ids = new[] { "ada", "bob" }, person_ids = new[] { ada, ada } }, new { person_ids = new[] { ada, ada } },
        })
            Assert.Equal("validation_failed", await RefusedAsync(wrong));
        Assert.Equal("merge_not_found", await CodeAsync(project, $"/v1/persons/merges/{Guid.CreateVersion7()}/undo", new { }, HttpStatusCode.NotFound));
        using var large = await project.Owner.SendAsync(
            HttpMethod.Post, "/v1/persons/merges", JsonContent.Create(new { project_id = project.Id, distinct_ids = new[] { "ada", new string('x', 20_000) } }));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using var limit = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/persons/{ada}/merges?project_id={project.Id}&limit=0&cursor=x");
        Assert.Equal(HttpStatusCode.BadRequest, limit.StatusCode);

        Task<string> RefusedAsync(object body, HttpStatusCode status = HttpStatusCode.BadRequest) =>
            CodeAsync(project, "/v1/persons/merges", body, status);
    }

    [Fact]
    public async Task A_person_of_more_than_five_hundred_ids_raises_a_warning_and_its_merges_come_in_pages()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(
            [.. Enumerable.Range(0, 500).Select(i => new NimbusEvent("view") { UserId = "test", AnonymousId = $"a-{i}", Timestamp = Ten }),
                new NimbusEvent("view") { UserId = "bob", Timestamp = Ten }]);
        await project.WaitForCountAsync(501);

        var merged = await MergeAsync(project, new { project_id = project.Id, distinct_ids = new[] { "test", "bob" } });

        Assert.Equal((502, "many_ids"), (merged.GetProperty("id_count").GetInt32(), merged.GetProperty("warnings")[0].GetProperty("code").GetString()));
        using var ingest = nimbus.Service("ingest");
        Assert.Contains("nimbus_persons_large_total", await ingest.GetStringAsync("/metrics"), StringComparison.Ordinal);
        using var writer = nimbus.Service("ingest-writer");
        Assert.Contains("nimbus_persons_large_total", await writer.GetStringAsync("/metrics"), StringComparison.Ordinal);
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = Answers.Json(await Answers.GetAsync(
                project, $"/v1/persons/{merged.GetProperty("person_id").GetGuid()}/merges?limit=200&cursor={cursor}"));
            seen.AddRange(page.GetProperty("merges").EnumerateArray().Select(merge => merge.GetProperty("id").GetGuid()));
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal((501, 501), (seen.Count, seen.Distinct().Count()));
    }

    private async Task<TestProject> ExampleAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(
            new NimbusEvent("view") { AnonymousId = "a-1", Timestamp = Ten },
            new NimbusEvent("view") { AnonymousId = "a-1", UserId = "ada", Timestamp = Ten.AddHours(1) },
            new NimbusEvent("buy") { UserId = "bob", Timestamp = Ten.AddHours(1.5), PropertiesJson = """{"price":3,"plan":"pro"}""" },
            new NimbusEvent("view") { UserId = "bob", Timestamp = Ten.AddHours(2) },
            new NimbusEvent("view") { UserId = "cyd", Timestamp = Ten.AddHours(3) });
        await project.WaitForCountAsync(5);
        return project;
    }

    private static async Task<Guid> PersonOfAsync(TestProject project, string rawId)
    {
        var found = Answers.Json(await Answers.GetAsync(project, $"/v1/persons?search={rawId}")).GetProperty("persons").EnumerateArray()
            .Where(person => person.GetProperty("ids").EnumerateArray().Any(id => id.GetString() == rawId));
        return Assert.Single(found).GetProperty("id").GetGuid();
    }

    private static async Task<List<JsonElement>> MergesOfAsync(TestProject project, Guid person) =>
        [.. Answers.Json(await Answers.GetAsync(project, $"/v1/persons/{person}/merges")).GetProperty("merges").EnumerateArray()];

    private static async Task<JsonElement> MergeAsync(TestProject project, object body)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, "/v1/persons/merges", JsonContent.Create(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return Answers.Json(text);
    }

    private static async Task<JsonElement> UndoAsync(TestProject project, Guid merge)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/persons/merges/{merge}/undo?project_id={project.Id}");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return Answers.Json(text);
    }

    private static async Task<string> CodeAsync(TestProject project, string path, object body, HttpStatusCode status)
    {
        var query = path.EndsWith("/undo", StringComparison.Ordinal) ? $"?project_id={project.Id}" : "";
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, path + query, JsonContent.Create(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{path}: {text}");
        return Answers.Json(text).GetProperty("code").GetString()!;
    }
}
