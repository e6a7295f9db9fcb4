using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Answers are given again as long as they are right.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class KeptAnswersTests(NimbusSystem nimbus)
{
    private static readonly DateTimeOffset Ten = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_answer_is_kept_until_its_project_changes_and_no_longer()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(View("ada", Ten), View("bob", Ten));
        await project.WaitForCountAsync(2);
        await HoldsAsync(project, users: 2);

        // A new event, then one that lies before all the others.
        await project.SendAsync(View("cyd", Ten.AddMinutes(5)));
        await project.WaitForCountAsync(3);
        await HoldsAsync(project, users: 3);
        await project.SendAsync(View("dan", Ten.AddHours(-9)));
        await project.WaitForCountAsync(4);
        await HoldsAsync(project, users: 4);

        // A merge and its undoing hold from their answer on.
        using var merged = await project.Owner.SendAsync(HttpMethod.Post, "/v1/persons/merges", JsonContent.Create(new
        {
            project_id = project.Id,
            distinct_ids = new[] { "ada", "bob" },
        }));
        Assert.True(merged.IsSuccessStatusCode, await merged.Content.ReadAsStringAsync());
        await HoldsAsync(project, users: 3);
        var merge = Answers.Json(await merged.Content.ReadAsStringAsync()).GetProperty("merge").GetProperty("id").GetGuid();
        using var undone = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/persons/merges/{merge}/undo?project_id={project.Id}");
        Assert.True(undone.IsSuccessStatusCode, await undone.Content.ReadAsStringAsync());
        await HoldsAsync(project, users: 4);
    }

    [Fact]
    public async Task No_answer_outlives_the_people_and_the_project_that_it_is_of()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(View("ada", Ten), View("bob", Ten), View("bob", Ten.AddMinutes(1)));
        await project.WaitForCountAsync(3);
        await HoldsAsync(project, users: 2);

        var found = Answers.Json(await Answers.GetAsync(project, "/v1/persons?search=bob")).GetProperty("persons");
        var bob = Assert.Single(found.EnumerateArray()).GetProperty("id").GetGuid();
        using var erased = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/persons/{bob}?project_id={project.Id}");
        Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
        await HoldsAsync(project, users: 1);

        using var deleted = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/projects/{project.Id}");
        Assert.True(deleted.IsSuccessStatusCode, await deleted.Content.ReadAsStringAsync());
        var status = HttpStatusCode.OK;
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/stats/dau?from=2026-03-02&to=2026-03-02&project_id={project.Id}");
                return (status = answer.StatusCode) == HttpStatusCode.NotFound;
            },
            () => $"the answer of a project that is gone is {status}", TimeSpan.FromSeconds(30));
    }

    // Asked twice, an answer is the same one, to the time that it took.
    private static async Task HoldsAsync(TestProject project, long users)
    {
        var found = new List<long>();
        foreach (var url in new[]
        {
            "/v1/stats/dau?from=2026-03-02&to=2026-03-02",
            "/v1/metrics?measure=users&bucket=1d&from=2026-03-02&to=2026-03-02",
            "/v1/stats/top-events?from=2026-03-02&to=2026-03-02",
        })
        {
            var text = await TextAsync(() => project.Owner.SendAsync(HttpMethod.Get, $"{url}&project_id={project.Id}"));
            var answer = Answers.Json(text);
            found.Add(answer.TryGetProperty("days", out var days) ? days[0].GetProperty("users").GetInt64()
                : answer.TryGetProperty("series", out var series) ? series[0].GetProperty("value").GetInt64()
                : answer.GetProperty("events")[0].GetProperty("users").GetInt64());
        }
        var trend = Answers.Json(await TextAsync(() => project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/trends", JsonContent.Create(new
        {
            project_id = project.Id,
            from = "2026-03-02",
            to = "2026-03-02",
            series = new[] { new { measure = "users" } },
        }))));
        found.Add(trend.GetProperty("series")[0].GetProperty("total").GetInt64());
        Assert.Equal([users, users, users, users], found);
    }

    private static async Task<string> TextAsync(Func<Task<HttpResponseMessage>> ask)
    {
        using var first = await ask();
        using var second = await ask();
        var text = await first.Content.ReadAsStringAsync();
        Assert.True(first.IsSuccessStatusCode, text);
        Assert.Equal(text, await second.Content.ReadAsStringAsync());
        return text;
    }

    private static NimbusEvent View(string user, DateTimeOffset time) => new("view") { UserId = user, Timestamp = time };
}
