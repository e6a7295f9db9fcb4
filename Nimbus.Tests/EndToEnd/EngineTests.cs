using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>The engine in the running system: what is sent is soon in the answers, and stays there when the service is killed.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class EngineTests(NimbusSystem nimbus)
{
    private static readonly DateTimeOffset Ten = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_event_is_soon_in_the_answers()
    {
        var project = await TestProject.CreateAsync(nimbus);
        for (var sent = 1; sent <= 3; sent++)
        {
            await project.SendAsync(new NimbusEvent("view") { UserId = "ada", Timestamp = Ten.AddMinutes(sent) });
            await SeesAsync(project, sent);
        }
    }

    [SkippableFact]
    public async Task A_killed_query_service_goes_on_from_its_files()
    {
        await nimbus.RequireKillAsync("query");
        var project = await TestProject.CreateAsync(nimbus);
        for (var sent = 1; sent <= 3; sent++)
        {
            // Out of order, and over two days.
            await project.SendAsync(
                new NimbusEvent("view") { UserId = "ada", Timestamp = Ten.AddDays(1) },
                new NimbusEvent("view") { UserId = "bob", Timestamp = Ten.AddMinutes(-sent) });
            await SeesAsync(project, 2 * sent);
            await nimbus.KillAsync("query");
        }
        await SeesAsync(project, 6);
        using var detailed = JsonDocument.Parse(await nimbus.Service("query").GetStringAsync("/health/detailed"));
        Assert.Contains("engine", detailed.RootElement.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString()));
    }

    private static async Task SeesAsync(TestProject project, int events)
    {
        var body = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/trends", JsonContent.Create(new
                {
                    project_id = project.Id,
                    from = "2026-03-01",
                    to = "2026-03-04",
                    series = new[] { new { name = "view" } },
                }));
                body = await response.Content.ReadAsStringAsync();
                return response.IsSuccessStatusCode
                    && JsonDocument.Parse(body).RootElement.GetProperty("series")[0].GetProperty("total").GetDouble() >= events;
            },
            () => body, TimeSpan.FromSeconds(30));
        Assert.Equal(events, JsonDocument.Parse(body).RootElement.GetProperty("series")[0].GetProperty("total").GetDouble());
    }
}
