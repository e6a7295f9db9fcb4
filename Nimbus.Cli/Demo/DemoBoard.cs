using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nimbus.Client;

namespace Nimbus.Cli.Demo;

/// <summary>
/// What somebody who has used the project for a while would have saved: cohorts, a dashboard of questions, and one event of an
/// SDK that could not be stored.
/// </summary>
internal static class DemoBoard
{
    /// <summary>Left after a problem document: the demo is worth playing without it.</summary>
    /// <returns>What the server refused, or null.</returns>
    public static async Task<string?> MakeAsync(Uri url, string token, NimbusProject project, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            foreach (var (name, definition) in Cohorts)
                await MadeAsync(http, "/v1/cohorts", new { project_id = project.Id, name, definition }, ct);
            List<object> tiles = [];
            foreach (var (name, kind, query, isWide) in Questions)
            {
                var insight = await MadeAsync(http, "/v1/insights", new { project_id = project.Id, name, kind, query }, ct);
                tiles.Add(new { insight_id = insight, x = isWide || tiles.Count % 2 == 1 ? 0 : 6, y = tiles.Count * 4, width = isWide ? 12 : 6, height = 4 });
            }
            await MadeAsync(http, "/v1/dashboards", new { project_id = project.Id, name = "The shop in short", tiles }, ct);
            await SendUnknownAsync(http, project.WriteKey, ct);
            return null;
        }
        catch (HttpRequestException refused)
        {
            return refused.Message;
        }
    }

    private static (string Name, object Definition)[] Cohorts =>
    [
        ("Bought in the last 30 days", new { did = new { name = "order_placed" }, at_least = 1, within = "30d" }),
        ("Bought twice or more", new { did = new { name = "order_placed" }, at_least = 2, within = "90d" }),
        ("Looked, and bought nothing", new { did_not = new { name = "order_placed" }, within = "30d" }),
    ];

    private static (string Name, string Kind, object Query, bool IsWide)[] Questions =>
    [
        ("Sales", "trends", new { last_days = 30, bucket = "day", series = new object[] { new { name = "order_placed", measure = "sum:amount", label = "Sales, EUR" } } }, true),
        ("Visitors by device", "trends",
            new { last_days = 30, bucket = "day", series = new[] { new { name = "page_viewed", measure = "users" } }, group_by = new { prop = "device" } }, false),
        ("New, back and gone", "lifecycle", new { last_days = 30, bucket = "day" }, false),
        ("From the first look to the order", "funnel",
            new { last_days = 30, window = "7d", steps = new[] { new { name = "product_viewed" }, new { name = "product_added" }, new { name = "checkout_started" }, new { name = "order_placed" } } }, true),
        ("Who comes back", "retention", new { last_days = 14, bucket = "day", windows = 8 }, true),
        ("What comes after a landing", "paths", new { last_days = 14, start = new { name = "page_viewed" } }, true),
    ];

    // Of a type that no SDK has: it waits among the dead letters to be corrected.
    private static async Task SendUnknownAsync(HttpClient http, string writeKey, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch")
        {
            Content = JsonContent.Create(new { batch = new[] { new { type = "purchase", userId = "customer-of-an-old-app", messageId = $"{Guid.CreateVersion7()}" } } }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{writeKey}:")));
        using var answer = await http.SendAsync(request, ct);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<Guid> MadeAsync(HttpClient http, string path, object what, CancellationToken ct)
    {
        using var answer = await http.PostAsJsonAsync(path, what, ct);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("id").GetGuid();
    }
}
