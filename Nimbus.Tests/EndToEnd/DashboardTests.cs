using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Saved questions, dashboards of them, links to those, and annotations.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class DashboardTests(NimbusSystem nimbus)
{
    private static readonly object Buys = new { series = new[] { new { name = "buy" } }, last_days = 7 };

    [Fact]
    public async Task A_question_is_saved_changed_asked_and_deleted()
    {
        var project = await ExampleAsync();
        var made = await OkAsync(project, HttpMethod.Post, "/v1/insights", new { project_id = project.Id, name = "Buys", kind = "trends", query = Buys }, HttpStatusCode.Created);
        var path = $"/v1/insights/{made.GetProperty("id").GetGuid()}";

        var answer = await OkAsync(project, HttpMethod.Get, path + "/answer");
        Assert.Equal(("2", 7), (Total(answer), answer.GetProperty("series")[0].GetProperty("points").GetArrayLength()));
        Assert.Equal("0", Total(await OkAsync(project, HttpMethod.Get, path + "/answer", more: "&from=2026-01-01&to=2026-01-02")));

        var changed = await OkAsync(project, HttpMethod.Patch, path, new { kind = "stickiness", query = new { name = "buy" } });
        Assert.Equal(("Buys", "stickiness", 2), (changed.GetProperty("name").GetString(), changed.GetProperty("kind").GetString(), changed.GetProperty("version").GetInt32()));
        Assert.Equal(2, (await OkAsync(project, HttpMethod.Get, path + "/answer")).GetProperty("days")[0].GetProperty("people").GetInt32());

        await NoContentAsync(project, path);
        await IsProblemAsync(project, HttpMethod.Get, path + "/answer", null, HttpStatusCode.NotFound, "insight_not_found");
    }

    [Fact]
    public async Task A_question_with_faults_is_not_saved_and_its_fields_are_named()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var errors = await IsProblemAsync(project, HttpMethod.Post, "/v1/insights", new
        {
            kind = "funnel",
            query = new { steps = new object[] { new { name = "view" } }, window = "7 days" },
        }, HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(["name", "query.steps", "query.window"], errors.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order());
        await IsProblemAsync(project, HttpMethod.Post, "/v1/insights", new { name = "a", kind = "sql", query = new { } }, HttpStatusCode.BadRequest, "validation_failed");
        await IsProblemAsync(project, HttpMethod.Post, "/v1/insights", new { name = "a\ud800\0", kind = "trends", query = 1 }, HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Lists_come_in_pages_the_latest_first()
    {
        var project = await TestProject.CreateAsync(nimbus);
        for (var i = 1; i <= 3; i++)
            await OkAsync(project, HttpMethod.Post, "/v1/annotations", new { text = $"release {i}", at = $"2026-03-0{i}" }, HttpStatusCode.Created);

        var first = await OkAsync(project, HttpMethod.Get, "/v1/annotations", more: "&limit=2");
        var second = await OkAsync(project, HttpMethod.Get, "/v1/annotations", more: $"&limit=2&cursor={first.GetProperty("next_cursor").GetString()}");
        Assert.Equal(["release 3", "release 2", "release 1"], Texts(first).Concat(Texts(second)));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next_cursor").ValueKind);
        Assert.Equal(["release 2"], Texts(await OkAsync(project, HttpMethod.Get, "/v1/annotations", more: "&from=2026-03-02&to=2026-03-02")));

        var changed = await OkAsync(project, HttpMethod.Patch, $"/v1/annotations/{first.GetProperty("annotations")[0].GetProperty("id").GetGuid()}", new { text = "taken back" });
        Assert.Equal(("taken back", "2026-03-03T00:00:00.000Z"), (changed.GetProperty("text").GetString(), changed.GetProperty("at").GetString()));

        static IEnumerable<string?> Texts(JsonElement page) => page.GetProperty("annotations").EnumerateArray().Select(one => one.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Who_has_a_link_reads_the_dashboard_until_the_link_is_revoked_and_nothing_else()
    {
        var project = await ExampleAsync();
        var dashboard = await DashboardAsync(project);
        var path = $"/v1/dashboards/{dashboard}";
        var tile = (await OkAsync(project, HttpMethod.Get, path + "/answers")).GetProperty("tiles")[0];
        Assert.Equal(("Buys", "2", 6), (tile.GetProperty("name").GetString(), Total(tile.GetProperty("answer")), tile.GetProperty("width").GetInt32()));

        var link = await OkAsync(project, HttpMethod.Post, path + "/links", new { }, HttpStatusCode.Created);
        var shared = link.GetProperty("path").GetString()!;
        using (var answer = await nimbus.Gateway.GetAsync(shared))
        {
            var body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, body);
            Assert.Equal("2", Total(JsonDocument.Parse(body).RootElement.GetProperty("tiles")[0].GetProperty("answer")));
            Assert.Contains("noindex", answer.Headers.GetValues("X-Robots-Tag").Single(), StringComparison.Ordinal);
            Assert.True(answer.Headers.CacheControl?.NoStore);
            // Neither what the question is about in full nor who made it.
            Assert.DoesNotContain("query", body, StringComparison.Ordinal);
            Assert.DoesNotContain("created_by", body, StringComparison.Ordinal);
        }
        // The token opens no other door.
        var token = link.GetProperty("token").GetString()!;
        using (var other = new HttpRequestMessage(HttpMethod.Get, $"/v1/events?project_id={project.Id}"))
        {
            other.Headers.Add("Authorization", $"Bearer {token}");
            using var refused = await nimbus.Gateway.SendAsync(other);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }
        var listed = await OkAsync(project, HttpMethod.Get, path + "/links");
        Assert.DoesNotContain(token, listed.GetRawText(), StringComparison.Ordinal);

        await NoContentAsync(project, $"{path}/links/{link.GetProperty("id").GetGuid()}");
        foreach (var gone in new[] { shared, shared[..^1] + (shared[^1] == 'A' ? 'B' : 'A'), "/v1/shared/dashboards/nbl_", "/v1/shared/dashboards/x%00%ff" })
        {
            using var answer = await nimbus.Gateway.GetAsync(gone);
            Assert.True(answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{gone}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task A_link_dies_with_its_dashboard_and_when_its_maker_leaves()
    {
        var project = await ExampleAsync();
        var dashboard = await DashboardAsync(project);
        var first = (await OkAsync(project, HttpMethod.Post, $"/v1/dashboards/{dashboard}/links", new { }, HttpStatusCode.Created)).GetProperty("path").GetString()!;
        var analyst = await TestAccount.RegisterAsync(nimbus);
        using (var joined = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/projects/{project.Id}/members", JsonContent.Create(new { email = analyst.Email, role = "analyst" })))
            Assert.Equal(HttpStatusCode.Created, joined.StatusCode);
        using var made = await analyst.SendAsync(HttpMethod.Post, $"/v1/dashboards/{dashboard}/links?project_id={project.Id}");
        var theirs = JsonDocument.Parse(await made.Content.ReadAsStringAsync()).RootElement.GetProperty("path").GetString()!;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(theirs));

        using (var left = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/projects/{project.Id}/members/{analyst.Session.User.Id}"))
            Assert.True(left.IsSuccessStatusCode);
        await Eventually.TrueAsync(async () => await StatusAsync(theirs) == HttpStatusCode.NotFound, () => "their link still works", TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(first));

        await NoContentAsync(project, $"/v1/dashboards/{dashboard}");
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(first));
    }

    [Fact]
    public async Task Tiles_are_of_questions_of_the_project_and_one_that_is_gone_is_left_out()
    {
        var project = await ExampleAsync();
        var stranger = await TestProject.CreateAsync(nimbus);
        var theirs = (await OkAsync(stranger, HttpMethod.Post, "/v1/insights", new { name = "a", kind = "trends", query = Buys }, HttpStatusCode.Created)).GetProperty("id").GetGuid();
        var errors = await IsProblemAsync(project, HttpMethod.Post, "/v1/dashboards",
            new { name = "All", tiles = new object[] { new { insight_id = theirs }, new { insight_id = "1", x = 12, width = 0 } } }, HttpStatusCode.BadRequest, "validation_failed");
        Assert.Contains("tiles[1].x", errors.GetProperty("errors").GetRawText(), StringComparison.Ordinal);
        await IsProblemAsync(project, HttpMethod.Post, "/v1/dashboards",
            new { name = "All", tiles = new object[] { new { insight_id = theirs } } }, HttpStatusCode.BadRequest, "validation_failed");

        var dashboard = await DashboardAsync(project);
        var tiles = (await OkAsync(project, HttpMethod.Get, $"/v1/dashboards/{dashboard}")).GetProperty("tiles");
        await NoContentAsync(project, $"/v1/insights/{tiles[0].GetProperty("insight_id").GetGuid()}");
        Assert.Equal(0, (await OkAsync(project, HttpMethod.Get, $"/v1/dashboards/{dashboard}/answers")).GetProperty("tiles").GetArrayLength());
    }

    private async Task<TestProject> ExampleAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var at = DateTimeOffset.UtcNow.AddMinutes(-5);
        await project.SendAsync(
            new NimbusEvent("buy") { UserId = "ada", Timestamp = at },
            new NimbusEvent("buy") { UserId = "bob", Timestamp = at });
        await project.WaitForCountAsync(2);
        return project;
    }

    private static async Task<Guid> DashboardAsync(TestProject project)
    {
        var insight = (await OkAsync(project, HttpMethod.Post, "/v1/insights", new { name = "Buys", kind = "trends", query = Buys }, HttpStatusCode.Created)).GetProperty("id").GetGuid();
        return (await OkAsync(project, HttpMethod.Post, "/v1/dashboards", new { name = "All", tiles = new[] { new { insight_id = insight } } }, HttpStatusCode.Created))
            .GetProperty("id").GetGuid();
    }

    private async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var answer = await nimbus.Gateway.GetAsync(path);
        return answer.StatusCode;
    }

    private static string Total(JsonElement answer) => answer.GetProperty("series")[0].GetProperty("total").GetRawText();

    private static async Task<JsonElement> OkAsync(
        TestProject project, HttpMethod method, string path, object? body = null, HttpStatusCode status = HttpStatusCode.OK, string more = "")
    {
        using var answer = await project.Owner.SendAsync(method, $"{path}?project_id={project.Id}{more}", body is null ? null : JsonContent.Create(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{method} {path} {answer.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task NoContentAsync(TestProject project, string path)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Delete, $"{path}?project_id={project.Id}");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private static async Task<JsonElement> IsProblemAsync(
        TestProject project, HttpMethod method, string path, object? body, HttpStatusCode status, string code)
    {
        using var answer = await project.Owner.SendAsync(method, $"{path}?project_id={project.Id}", body is null ? null : JsonContent.Create(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, text);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(code, problem.GetProperty("code").GetString());
        return problem;
    }
}
