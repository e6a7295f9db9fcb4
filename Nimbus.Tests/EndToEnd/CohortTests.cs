using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Cohorts over the API: saved, changed, and asked about.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class CohortTests(NimbusSystem nimbus)
{
    private static readonly object Buyers = new { did = new { name = "buy" } };

    [Fact]
    public async Task A_cohort_is_saved_listed_changed_and_deleted()
    {
        var project = await ExampleAsync();
        var made = await OkAsync(project, HttpMethod.Post, "", new { project_id = project.Id, name = "Buyers", definition = Buyers }, HttpStatusCode.Created);
        var id = made.GetProperty("id").GetGuid();

        Assert.Equal(("Buyers", "UTC", 1), (made.GetProperty("name").GetString(), made.GetProperty("tz").GetString(), made.GetProperty("version").GetInt32()));
        Assert.Equal(2, (await GetAsync(project, $"/{id}")).GetProperty("size").GetInt32());
        Assert.Equal([id], (await GetAsync(project, "")).GetProperty("cohorts").EnumerateArray().Select(cohort => cohort.GetProperty("id").GetGuid()));

        var changed = await OkAsync(project, HttpMethod.Patch, $"/{id}", new
        {
            project_id = project.Id,
            description = "Who bought from us twice",
            definition = new { did = new { name = "buy" }, at_least = 2 },
        });
        Assert.Equal(("Buyers", "Who bought from us twice", 2),
            (changed.GetProperty("name").GetString(), changed.GetProperty("description").GetString(), changed.GetProperty("version").GetInt32()));
        Assert.Equal(1, (await GetAsync(project, $"/{id}")).GetProperty("size").GetInt32());

        using (var deleted = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/cohorts/{id}?project_id={project.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/cohorts/{id}?project_id={project.Id}");
        await IsProblemAsync(gone, HttpStatusCode.NotFound, "cohort_not_found");
    }

    [Fact]
    public async Task A_cohort_is_a_filter_a_breakdown_and_a_choice_of_people_in_every_kind_of_question()
    {
        var project = await ExampleAsync();
        var id = await AddAsync(project, "Twice", new { did = new { name = "buy" }, at_least = 2 });

        Assert.Equal(3, await BuysAsync(project, new { }));
        Assert.Equal(2, await BuysAsync(project, new { cohort = id }));
        Assert.Equal(1, await BuysAsync(project, new { where = new { trait = "plan", value = "free" } }));
        Assert.Equal(2, await BuysAsync(project, new { where = new { and = new object[] { new { cohort = id }, new { trait = "plan", op = "ne", value = "free" } } } }));

        var funnel = await AskAsync(project, "funnel", new { steps = new[] { new { name = "view" }, new { name = "buy" } }, group_by = new { cohort = id } });
        Assert.Equal(["false 2 1", "true 1 1"], Groups(funnel));
        var traits = await AskAsync(project, "funnel", new { steps = new[] { new { name = "view" }, new { name = "buy" } }, group_by = new { trait = "plan" } });
        Assert.Equal(["null 1 0", "\"free\" 1 1", "\"pro\" 1 1"], Groups(traits));
        foreach (var (kind, more) in new (string, object)[] { ("retention", new { }), ("paths", new { }), ("lifecycle", new { }), ("stickiness", new { }), ("sessions", new { }) })
            Assert.True((await AskAsync(project, kind, more, id)).GetProperty("watermark").GetInt64() > 0, kind);
        Assert.Equal(1, (await AskAsync(project, "stickiness", new { }, id)).GetProperty("days")[0].GetProperty("people").GetInt32());

        using var persons = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/persons?project_id={project.Id}&cohort={id}");
        var listed = JsonDocument.Parse(await persons.Content.ReadAsStringAsync()).RootElement.GetProperty("persons");
        Assert.Equal("ada", Assert.Single(Assert.Single(listed.EnumerateArray()).GetProperty("ids").EnumerateArray()).GetString());

        using var unknown = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/lifecycle",
            JsonContent.Create(new { project_id = project.Id, cohort = Guid.CreateVersion7() }));
        await IsProblemAsync(unknown, HttpStatusCode.BadRequest, "cohort_not_found");
    }

    [Fact]
    public async Task Somebody_of_whom_only_the_profile_is_known_is_in_a_cohort_like_everybody()
    {
        var project = await ExampleAsync();
        var gold = await AddAsync(project, "Gold", new { trait = "plan", value = "gold" });
        var passive = await AddAsync(project, "Never bought", new { did_not = new { name = "buy" } });
        Assert.Equal(0, (await GetAsync(project, $"/{gold}")).GetProperty("size").GetInt32());
        var before = (await GetAsync(project, $"/{passive}")).GetProperty("size").GetInt32();

        using var update = JsonContent.Create(new Dictionary<string, object>
        {
            ["$token"] = project.Project.WriteKey,
            ["$distinct_id"] = "zoe",
            ["$set"] = new { plan = "gold" },
        });
        using var answer = await nimbus.Gateway.PostAsync("/engage", update);
        Assert.Equal("1", await answer.Content.ReadAsStringAsync());

        var (golden, idle) = (0, 0);
        await Eventually.TrueAsync(
            async () =>
            {
                golden = (await GetAsync(project, $"/{gold}")).GetProperty("size").GetInt32();
                idle = (await GetAsync(project, $"/{passive}")).GetProperty("size").GetInt32();
                return golden == 1 && idle == before + 1;
            },
            () => $"{golden} golden, {idle} who never bought", TimeSpan.FromSeconds(20));
        using var persons = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/persons?project_id={project.Id}&cohort={gold}");
        var listed = JsonDocument.Parse(await persons.Content.ReadAsStringAsync()).RootElement.GetProperty("persons");
        Assert.Equal("zoe", Assert.Single(Assert.Single(listed.EnumerateArray()).GetProperty("ids").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task People_are_put_on_a_list_and_taken_off_it_by_either_id_or_by_a_file()
    {
        var project = await ExampleAsync();
        var list = await OkAsync(project, HttpMethod.Post, "", new { project_id = project.Id, name = "Friends", list = true }, HttpStatusCode.Created);
        var path = $"/{list.GetProperty("id").GetGuid()}/members";
        var bob = (await project.AllEventsAsync()).First(e => e.UserId == "bob").PersonId;

        var added = await OkAsync(project, HttpMethod.Post, path, new { distinct_ids = new[] { "ada", "nobody here", "null" }, person_ids = new[] { bob } });
        Assert.Equal((2, 2), (added.GetProperty("unknown").GetInt32(), added.GetProperty("size").GetInt32()));
        using var csv = new StringContent("distinct_id,name\n\"cyd\",Cyd\r\nada,Ada\n", Encoding.UTF8, "text/csv");
        Assert.Equal(3, (await OkAsync(project, HttpMethod.Post, path, csv)).GetProperty("size").GetInt32());
        var removed = await OkAsync(project, HttpMethod.Post, path + "/remove", new { distinct_ids = new[] { "bob", "cyd" } });
        Assert.Equal(1, removed.GetProperty("size").GetInt32());

        Assert.Equal(2, await BuysAsync(project, new { cohort = list.GetProperty("id").GetGuid() }));
    }

    [Fact]
    public async Task Cohorts_of_cohorts_go_in_no_circle_and_one_in_use_stays()
    {
        var project = await ExampleAsync();
        var buyers = await AddAsync(project, "Buyers", Buyers);
        var others = await AddAsync(project, "Others", new { not = new { cohort = buyers } });
        Assert.Equal(1, (await GetAsync(project, $"/{others}")).GetProperty("size").GetInt32());

        using var circle = await project.Owner.SendAsync(HttpMethod.Patch, $"/v1/cohorts/{buyers}",
            JsonContent.Create(new { project_id = project.Id, definition = new { cohort = others } }));
        await IsProblemAsync(circle, HttpStatusCode.BadRequest, "cohort_cycle");
        using var used = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/cohorts/{buyers}?project_id={project.Id}");
        await IsProblemAsync(used, HttpStatusCode.Conflict, "cohort_in_use");
        using var faulty = await project.Owner.SendAsync(HttpMethod.Post, "/v1/cohorts",
            JsonContent.Create(new { project_id = project.Id, name = "", definition = new { did = 1, at_least = -1 } }));
        await IsProblemAsync(faulty, HttpStatusCode.BadRequest, "validation_failed");
        using var none = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/cohorts?project_id={project.Id}",
            new StringContent("[\ud83d", Encoding.UTF8, "application/json"));
        await IsProblemAsync(none, HttpStatusCode.BadRequest, "validation_failed");
    }

    /// <summary>ada views and buys twice, bob views and buys once, cyd views.</summary>
    private async Task<TestProject> ExampleAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var at = DateTimeOffset.UtcNow.AddHours(-1);
        await project.SendAsync(
            new NimbusEvent("view") { UserId = "ada", Timestamp = at },
            new NimbusEvent("buy") { UserId = "ada", Timestamp = at.AddMinutes(1) },
            new NimbusEvent("buy") { UserId = "ada", Timestamp = at.AddMinutes(2) },
            new NimbusEvent("view") { UserId = "bob", Timestamp = at },
            new NimbusEvent("buy") { UserId = "bob", Timestamp = at.AddMinutes(1) },
            new NimbusEvent("view") { UserId = "cyd", Timestamp = at });
        foreach (var (user, plan) in new[] { ("ada", "pro"), ("bob", "free") })
        {
            using var traits = new HttpRequestMessage(HttpMethod.Post, "/v1/identify")
            {
                Content = JsonContent.Create(new { userId = user, traits = new { plan } }),
            };
            traits.Headers.Add("Authorization", $"Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes(project.Project.WriteKey + ":"))}");
            using var sent = await nimbus.Gateway.SendAsync(traits);
            Assert.True(sent.IsSuccessStatusCode);
        }
        // What identifies is an event as well.
        await project.WaitForCountAsync(8);
        return project;
    }

    private static async Task<Guid> AddAsync(TestProject project, string name, object definition) =>
        (await OkAsync(project, HttpMethod.Post, "", new { project_id = project.Id, name, definition }, HttpStatusCode.Created)).GetProperty("id").GetGuid();

    private static async Task<int> BuysAsync(TestProject project, object more)
    {
        var answer = await AskAsync(project, "trends", more, null, new { series = new[] { new { name = "buy" } } });
        return answer.GetProperty("series")[0].GetProperty("total").GetInt32();
    }

    private static async Task<JsonElement> AskAsync(TestProject project, string kind, object more, Guid? cohort = null, object? rest = null)
    {
        var document = new Dictionary<string, JsonElement> { ["project_id"] = JsonSerializer.SerializeToElement(project.Id) };
        foreach (var part in new[] { more, rest ?? new { } })
            foreach (var field in JsonSerializer.SerializeToElement(part).EnumerateObject()) document[field.Name] = field.Value;
        if (cohort is not null) document["cohort"] = JsonSerializer.SerializeToElement(cohort);
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/insights/{kind}", JsonContent.Create(document));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return JsonDocument.Parse(body).RootElement;
    }

    private static IEnumerable<string> Groups(JsonElement funnel) => funnel.GetProperty("groups").EnumerateArray().Select(group =>
        $"{group.GetProperty("value").GetRawText()} {string.Join(' ', group.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("people").GetInt32()))}");

    private static async Task<JsonElement> GetAsync(TestProject project, string path)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/cohorts{path}?project_id={project.Id}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private static async Task<JsonElement> OkAsync(
        TestProject project, HttpMethod method, string path, object body, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var content = body as HttpContent ?? JsonContent.Create(body);
        using var answer = await project.Owner.SendAsync(method, $"/v1/cohorts{path}?project_id={project.Id}", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task IsProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, body);
        Assert.Equal(code, JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
    }
}
