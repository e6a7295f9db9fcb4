using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Query documents through the gateway: sent events in, answers out.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class InsightsTests(NimbusSystem nimbus)
{
    private static readonly DateTimeOffset Ten = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("trends", """{"series":[{"name":"view","measure":"users"}]}""", "series[0].total", "2")]
    [InlineData("funnel", """{"steps":[{"name":"view"},{"name":"buy"}],"group_by":{"prop":"plan"}}""", "groups[1].steps[1].people", "1")]
    [InlineData("retention", """{"start":{"name":"view"},"return":{"name":"buy"}}""", "cohorts[0].retained[0]", "1")]
    [InlineData("paths", """{"start":{"name":"view"}}""", "links[0].median_seconds", "300")]
    [InlineData("lifecycle", """{}""", "buckets[0].new", "2")]
    [InlineData("stickiness", """{}""", "days[0].people", "2")]
    [InlineData("sessions", """{"measure":"length_avg"}""", "total", "150")]
    [InlineData("funnel/people", """{"steps":[{"name":"view"},{"name":"buy"}],"step":2,"dropped":true}""", "total", "1")]
    [InlineData("retention/people", """{"start":{"name":"view"},"return":{"name":"buy"},"cohort":"2026-03-02","window":0}""", "total", "1")]
    public async Task Every_kind_of_question_is_answered_from_what_was_sent(string kind, string document, string path, string value)
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(
            new NimbusEvent("view") { UserId = "ada", Timestamp = Ten, PropertiesJson = """{"plan":"pro"}""" },
            new NimbusEvent("buy") { UserId = "ada", Timestamp = Ten.AddMinutes(5) },
            new NimbusEvent("view") { UserId = "bob", Timestamp = Ten });
        await project.WaitForCountAsync(3);

        var asked = JsonSerializer.Deserialize<Dictionary<string, object>>(document)!;
        (asked["project_id"], asked["from"], asked["to"]) = (project.Id, "2026-03-02", "2026-03-02");
        using var response = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/insights/{kind}", JsonContent.Create(asked));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        var answer = JsonDocument.Parse(body).RootElement;
        Assert.Equal(value, Find(answer, path).GetRawText());
        Assert.True(answer.GetProperty("watermark").GetInt64() > 0 && answer.GetProperty("computed_ms").GetDouble() >= 0, body);
    }

    [Fact]
    public async Task A_document_with_faults_is_a_problem_that_names_them()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var response = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/funnel", JsonContent.Create(new
        {
            project_id = project.Id,
            steps = new object[] { new { name = "view" }, new { where = new { prop = "plan", op = "like" } } },
        }));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("validation_failed", problem.GetProperty("code").GetString());
        Assert.Equal(["steps[1].name", "steps[1].where.op"], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order());

        using var broken = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/funnel", new StringContent("{", Encoding.UTF8, "application/json"));
        Assert.Equal("invalid_json", JsonDocument.Parse(await broken.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString());
    }

    private static JsonElement Find(JsonElement answer, string path)
    {
        foreach (var part in path.Replace("[", ".[", StringComparison.Ordinal).Split('.'))
            answer = part.StartsWith('[') ? answer[int.Parse(part.Trim('[', ']'))] : answer.GetProperty(part);
        return answer;
    }
}
