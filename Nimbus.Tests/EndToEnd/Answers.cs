using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Whole answers of every kind about a project on 2 March 2026, to be compared with later ones.</summary>
internal static class Answers
{
    private const string Day = "from=2026-03-01&to=2026-03-03";

    private static readonly string[] Urls =
    [
        $"/v1/stats/dau?{Day}", $"/v1/stats/top-events?{Day}", "/v1/stats/retention?start_date=2026-03-01&windows=3",
        $"/v1/metrics?bucket=1h&measure=users&{Day}", $"/v1/metrics?bucket=1d&measure=sum:price&group_by=plan&{Day}",
        "/v1/events?limit=1000", "/v1/persons?limit=100", "/v1/schema/events", "/v1/export/events?format=jsonl",
    ];

    private static readonly (string Kind, string Document)[] Questions =
    [
        ("trends", """{"series":[{"measure":"users"},{"name":"buy","measure":"sum:price"}],"bucket":"1h"}"""),
        ("funnel", """{"steps":[{"name":"view"},{"name":"buy"}],"window":"1d"}"""),
        ("funnel/people", """{"steps":[{"name":"view"},{"name":"buy"}],"window":"1d","step":1}"""),
        ("retention", """{"start":{"name":"view"},"return":{"name":"buy"},"bucket":"day","windows":3}"""),
        ("paths", """{"start":{"name":"view"}}"""),
        ("lifecycle", """{"bucket":"1d"}"""),
        ("stickiness", "{}"),
        ("sessions", """{"measure":"events_avg"}"""),
    ];

    /// <summary>By question its answer, without the watermark and the time it took.</summary>
    public static async Task<Dictionary<string, string>> OfAsync(TestProject project)
    {
        var answers = new Dictionary<string, string>();
        foreach (var url in Urls)
            answers[url] = await GetAsync(project, url);
        foreach (var (kind, document) in Questions)
        {
            var asked = JsonNode.Parse(document)!.AsObject();
            (asked["project_id"], asked["from"], asked["to"]) = ($"{project.Id}", "2026-03-01", "2026-03-03");
            using var answer = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/insights/{kind}", JsonContent.Create(asked));
            answers[$"{kind} {document}"] = await ReadAsync(answer);
        }
        foreach (var person in JsonNode.Parse(answers["/v1/persons?limit=100"])!["persons"]!.AsArray())
        {
            var path = $"/v1/persons/{person!["id"]}";
            answers[path] = await GetAsync(project, path);
            answers[$"{path}/events"] = await GetAsync(project, $"{path}/events");
        }
        return answers;
    }

    public static async Task<string> GetAsync(TestProject project, string url)
    {
        var separator = url.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"{url}{separator}project_id={project.Id}");
        return await ReadAsync(answer);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage!.RequestUri}: {text}");
        if (answer.Content.Headers.ContentType?.MediaType != "application/json")
            return text;
        var json = JsonNode.Parse(text)!.AsObject();
        json.Remove("watermark");
        json.Remove("computed_ms");
        return json.ToJsonString();
    }

    /// <summary>The members of a JSON answer.</summary>
    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
