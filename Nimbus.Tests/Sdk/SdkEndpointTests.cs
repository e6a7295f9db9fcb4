using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Sdk;

/// <summary>What the recordings do not show: who is let in, what is refused and how it is said.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class SdkEndpointTests(NimbusSystem nimbus)
{
    private const string OneEvent = """{"type":"track","event":"Bought","userId":"ada"}""";

    [Fact]
    public async Task Segment_settings_name_our_own_host_and_no_other_destination()
    {
        var project = await TestProject.CreateAsync(nimbus);

        var settings = await nimbus.Gateway.GetFromJsonAsync<JsonObject>($"/v1/projects/{project.Project.WriteKey}/settings");

        var destination = Assert.Single(settings!["integrations"]!.AsObject());
        Assert.Equal("Segment.io", destination.Key);
        Assert.Equal($"{nimbus.Gateway.BaseAddress!.Authority}/v1", (string?)destination.Value!["apiHost"]);
        Assert.Equal("http", (string?)destination.Value["protocol"]);
        Assert.Equal(0, (int?)settings["metrics"]!["sampleRate"]);
        using var unknown = await nimbus.Gateway.GetAsync("/v1/projects/nbw_unknown/settings");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("header without colon")]
    [InlineData("header with a password")]
    [InlineData("body")]
    [InlineData("bearer and body")]
    public async Task Segment_keys_are_taken_from_where_each_SDK_puts_them(string place)
    {
        var project = await TestProject.CreateAsync(nimbus);
        var key = project.Project.WriteKey;
        var inBody = place.Contains("body", StringComparison.Ordinal) ? $",\"writeKey\":\"{key}\"" : "";
        using var request = Json("/v1/batch", $$"""{"batch":[{{OneEvent}}]{{inBody}}}""");
        request.Headers.Authorization = place switch
        {
            "header" => Basic($"{key}:"),
            "header without colon" => Basic(key),
            "header with a password" => Basic($"{key}:secret"),
            "bearer and body" => new AuthenticationHeaderValue("Bearer", "a-token-of-segment"),
            _ => null,
        };

        using var answer = await nimbus.Gateway.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["success"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("/v1/batch", """{"batch":[],"writeKey":"nbw_none"}""", 401, """{"success":false,"code":"unknown_key","message":"There is no such key, or no longer."}""")]
    [InlineData("/v1/batch", "no json", 400, null)]
    [InlineData("/track", """[{"event":"Bought","properties":{"token":"nbw_none","distinct_id":"a"}}]""", 401, "0")]
    [InlineData("/track?verbose=1", """[{"event":"Bought","properties":{"token":"nbw_none","distinct_id":"a"}}]""", 401, """{"status":0,"error":"There is no such key, or no longer."}""")]
    [InlineData("/import", """[{"event":"Bought","properties":{"token":"nbw_none","distinct_id":"a"}}]""", 401, """{"code":401,"error":"Invalid credentials","status":"Unauthorized"}""")]
    [InlineData("/batch/", """{"api_key":"nbw_none","batch":[{"event":"Bought","distinct_id":"a"}]}""", 401, null)]
    public async Task A_request_that_is_refused_whole_is_refused_in_the_vendors_words(string path, string body, int status, string? answered)
    {
        using var request = Json(path, body);
        request.Headers.TryAddWithoutValidation("Origin", "https://shop.example");

        using var answer = await nimbus.Gateway.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("https://shop.example", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        if (answered is not null)
            Assert.Equal(answered, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Bad_events_take_no_good_one_with_them_and_are_kept_as_dead_letters_with_their_reason()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var answer = await nimbus.Gateway.SendAsync(Json("/v1/batch", $$"""
            {"writeKey":"{{project.Project.WriteKey}}","batch":[
              {{OneEvent}}, {"type":"track","userId":"ada","messageId":"m1"}, {"type":"dance","userId":"ada"}, {"type":"track","event":"Bought"},
              {"type":"alias","userId":"ada"}, 7, {"type":"track","event":"Bought","userId":"ada","timestamp":"yesterday"}]}
            """));

        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        string[] reasons = ["invalid_name", "unknown_type", "missing_id", "missing_id", "invalid_event", "invalid_ts"];
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1, (int)body["accepted"]!);
        Assert.Equal(reasons, body["rejected"]!.AsArray().Select(rejected => (string?)rejected!["reason"]));
        Assert.Equal("m1", (string?)body["rejected"]![0]!["messageId"]);
        await project.WaitForCountAsync(1);
        Assert.Equal(reasons, await DeadLetterReasonsAsync(project.Id));
    }

    [Fact]
    public async Task A_strict_import_stores_the_valid_ones_and_names_the_others()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var time = DateTimeOffset.UtcNow.AddDays(-30).ToUnixTimeSeconds();
        string[] properties =
        [
            $"\"time\":{time},\"distinct_id\":\"ada\",\"$insert_id\":\"i-1\"",
            "\"distinct_id\":\"ada\",\"$insert_id\":\"i-2\"",
            $"\"time\":{time},\"distinct_id\":\"undefined\",\"$insert_id\":\"i-3\"",
            $"\"time\":{time},\"distinct_id\":\"ada\"",
        ];
        using var request = Json(
            "/import?strict=1", $"[{string.Join(',', properties.Select(p => $"{{\"event\":\"Bought\",\"properties\":{{{p}}}}}"))}]");
        request.Headers.Authorization = Basic($"{project.Secret}:");

        using var answer = await nimbus.Gateway.SendAsync(request);

        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(1, (int)body["num_records_imported"]!);
        Assert.Equal(
            [(1, "properties.time"), (2, "properties.distinct_id"), (3, "properties.$insert_id")],
            body["failed_records"]!.AsArray().Select(failed => ((int)failed!["index"]!, (string)failed["field"]!)));
        await project.WaitForCountAsync(1);
    }

    [Theory]
    [InlineData("/v1/track", "POST")]
    [InlineData("/v1/m", "POST")]
    [InlineData("/track", "POST")]
    [InlineData("/engage", "POST")]
    [InlineData("/settings", "GET")]
    [InlineData("/flags", "GET")]
    [InlineData("/flags", "POST")]
    [InlineData("/batch", "POST")]
    [InlineData("/e", "POST")]
    [InlineData("/i/v0/e", "POST")]
    [InlineData("/capture", "POST")]
    [InlineData("/decide", "POST")]
    [InlineData("/s", "POST")]
    [InlineData("/array/nbw_x/config", "GET")]
    public async Task Both_slash_forms_answer_alike_and_a_preflight_needs_no_key(string path, string method)
    {
        var statuses = new List<HttpStatusCode>();
        foreach (var form in (string[])[path, path + "/"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), form);
            using var answer = await nimbus.Gateway.SendAsync(request);
            statuses.Add(answer.StatusCode);
            using var preflight = new HttpRequestMessage(HttpMethod.Options, form);
            preflight.Headers.TryAddWithoutValidation("Origin", "https://shop.example");
            preflight.Headers.TryAddWithoutValidation("Access-Control-Request-Method", method);
            preflight.Headers.TryAddWithoutValidation("Access-Control-Request-Headers", "authorization,content-type,x-retry-count");
            using var allowed = await nimbus.Gateway.SendAsync(preflight);
            Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
            Assert.Equal("authorization,content-type,x-retry-count", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Headers")));
        }
        Assert.Equal(statuses[0], statuses[1]);
        Assert.NotEqual(HttpStatusCode.NotFound, statuses[0]);
        Assert.False((int)statuses[0] is >= 300 and < 400);
    }

    [Fact]
    public async Task An_identify_that_arrives_late_and_an_alias_make_one_person_and_an_alias_with_itself_nothing()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await SendAsync(project, """
            {"type":"track","event":"Renamed","userId":"ada-2"}, {"type":"track","event":"Bought","userId":"ada"},
            {"type":"track","event":"Landed","anonymousId":"device"}, {"type":"track","event":"Bought","userId":"bob"},
            {"type":"alias","userId":"bob","previousId":"bob"}
            """);
        await project.WaitForCountAsync(5);
        await SendAsync(project, """{"type":"alias","userId":"ada-2","previousId":"ada"}""");
        await SendAsync(project, """{"type":"identify","userId":"ada","anonymousId":"device","traits":{"plan":"pro"}}""");
        await project.WaitForCountAsync(7);

        var people = (await project.AllEventsAsync()).GroupBy(e => e.PersonId).ToList();

        Assert.Equal(2, people.Count);
        Assert.Equal([2, 5], people.Select(person => person.Count()).Order());
        Assert.Equal("""{"plan":"pro"}""", await StoredTraits.OfPersonAsync(nimbus, project.Id, "ada-2"));
    }

    [Fact]
    public async Task Updates_of_a_profile_are_no_events_and_their_order_of_arrival_does_not_matter()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string[] updates =
        [
            $$"""{"$set":{"plan":"free","n":10},"$time":{{now - 50}}""",
            $$"""{"$add":{"n":1},"$time":{{now - 40}}""",
            $$"""{"$set":{"plan":"pro"},"$time":{{now - 30}}""",
            $$"""{"$unset":["plan"],"$time":{{now - 45}}""",
            $$"""{"$set_once":{"first":"a"},"$time":{{now - 20}}""",
            $$"""{"$set_once":{"first":"b"},"$time":{{now - 10}}""",
            $$"""{"$union":{"tags":["x"]},"$time":{{now - 5}}""",
        ];
        foreach (var (person, order) in new[] { ("one", updates), ("two", updates.Reverse()) })
        {
            foreach (var update in order)
            {
                using var answer = await nimbus.Gateway.SendAsync(Json(
                    "/engage", update + $",\"$token\":\"{project.Project.WriteKey}\",\"$distinct_id\":\"{person}\"}}"));
                Assert.Equal("1", await answer.Content.ReadAsStringAsync());
            }
        }

        foreach (var person in (string[])["one", "two"])
        {
            var traits = "";
            await Eventually.TrueAsync(
                async () => (traits = await StoredTraits.OfPersonAsync(nimbus, project.Id, person)) == """{"first":"a","n":11,"plan":"pro","tags":["x"]}""",
                () => $"the traits of {person} are {traits}", TimeSpan.FromSeconds(20));
        }
        Assert.Empty(await project.AllEventsAsync());
    }

    [Fact]
    public async Task The_clock_of_a_device_is_put_right_by_when_it_says_it_sent()
    {
        var project = await TestProject.CreateAsync(nimbus);
        // Its clock is two hours behind, and it kept the events for ten and for five minutes.
        var sentAt = DateTimeOffset.UtcNow.AddHours(-2);
        await SendAsync(project, $$"""
            {"type":"track","event":"First","userId":"ada","timestamp":"{{sentAt.AddMinutes(-10):O}}"},
            {"type":"track","event":"Second","userId":"ada","timestamp":"{{sentAt.AddMinutes(-5):O}}"}
            """, $"\"sentAt\":\"{sentAt:O}\",");
        await project.WaitForCountAsync(2);

        var stored = await project.AllEventsAsync();

        Assert.Equal(["First", "Second"], stored.Select(e => e.Name));
        Assert.Equal(TimeSpan.FromMinutes(5), stored[1].Ts - stored[0].Ts);
        Assert.InRange(stored[1].Ts, DateTimeOffset.UtcNow.AddMinutes(-6), DateTimeOffset.UtcNow.AddMinutes(-4));
    }

    [Fact]
    public async Task A_robot_is_marked_and_counted_all_the_same()
    {
        const string Robot = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36";
        var project = await TestProject.CreateAsync(nimbus);
        await project.ChangeAsync(new { traffic = "browser" });
        foreach (var (path, context) in new[] { ("/v1/batch", ",\"context\":{\"locale\":\"de\"}"), ("/v1/events", ",\"context\": { } "), ("/v1/events", "") })
        {
            using var request = Json(path, path == "/v1/batch"
                ? $"{{\"batch\":[{{\"type\":\"track\",\"event\":\"Bought\",\"userId\":\"ada\"{context}}}]}}"
                : $"{{\"events\":[{{\"name\":\"Bought\",\"user_id\":\"ada\"{context}}}]}}");
            request.Headers.Authorization = Basic($"{project.Project.WriteKey}:");
            request.Headers.UserAgent.ParseAdd(Robot);
            using var answer = await nimbus.Gateway.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode);
        }
        await project.WaitForCountAsync(3);

        var stored = await project.AllEventsAsync();

        Assert.Equal((3, 0), (await CountAsync(project, isRobot: true), await CountAsync(project, isRobot: false)));
        Assert.All(stored, e => Assert.True(e.Context!.Value.GetProperty("traffic").GetProperty("bot").GetBoolean()));
        Assert.Equal("de", stored[0].Context!.Value.GetProperty("locale").GetString());
    }

    private static async Task<int> CountAsync(TestProject project, bool isRobot)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/trends", JsonContent.Create(new
        {
            project_id = project.Id,
            last_days = 2,
            bucket = "day",
            series = new[] { new { name = "Bought" } },
            where = new { context = "traffic.bot", op = isRobot ? "eq" : "ne", value = true },
        }));
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return body.GetProperty("series")[0].GetProperty("total").GetInt32();
    }

    private async Task SendAsync(TestProject project, string events, string envelope = "")
    {
        using var answer = await nimbus.Gateway.SendAsync(
            Json("/v1/batch", $"{{{envelope}\"writeKey\":\"{project.Project.WriteKey}\",\"batch\":[{events}]}}"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<List<string>> DeadLetterReasonsAsync(Guid project)
    {
        await using var connection = new NpgsqlConnection(await nimbus.ConnectionStringAsync("eventsdb"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT reason FROM dead_letters WHERE project_id = @project ORDER BY index", connection);
        command.Parameters.AddWithValue("project", project);
        await using var reader = await command.ExecuteReaderAsync();
        var reasons = new List<string>();
        while (await reader.ReadAsync())
            reasons.Add(reader.GetString(0));
        return reasons;
    }

    private static HttpRequestMessage Json(string path, string body) =>
        new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static AuthenticationHeaderValue Basic(string userAndPassword) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(userAndPassword)));
}
