using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Identity;

namespace Nimbus.Tests.Web;

/// <summary>The pages that ask of steps, returns and ways, and what one does with their answers.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class QuestionPagesTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    private const string Funnel = "funnels?range=7d&steps=%5B%7B%22event%22%3A%22view%22%7D%2C%7B%22event%22%3A%22buy%22%7D%5D";

    [SkippableTheory]
    [InlineData(Funnel, "Funnels", "funnels")]
    [InlineData("retention?range=7d&windows=4", "Retention", "retention")]
    [InlineData("paths?range=7d&event=view", "Paths", "paths")]
    [InlineData("lifecycle?range=7d", "Lifecycle", "lifecycle")]
    public async Task The_question_in_the_address_is_answered_and_looks_well(string address, string title, string picture)
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, address);
        var chart = await page.ChartAsync(title);
        await page.CheckEveryLookAsync(picture);
        await CheckExportsAsync(page, chart, picture);
    }

    [SkippableFact]
    public async Task Who_is_behind_a_bar_is_one_click_away_and_their_profile_another()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, Funnel);
        var chart = await page.ChartAsync("Funnels");
        await chart.GetByText("2 people", new() { Exact = true }).WaitForAsync();

        // ada and bob view, ada buys: one of two left.
        await chart.GetByRole(AriaRole.Button, new() { Name = "1 left (50%)" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Link, new() { Name = "bob" }).WaitForAsync();
        await page.CheckEveryLookAsync("funnel-people");
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Link, new() { Name = "bob" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Heading, new() { Name = "bob", Level = 1 }).WaitForAsync();
        Assert.Matches(new Regex("/people/[0-9a-f-]{36}$"), page.Page.Url);
    }

    [SkippableFact]
    public async Task A_question_is_saved_to_a_dashboard_and_shared_by_a_link_that_can_be_taken_back()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "dashboards");
        await page.Field("Name of a new dashboard").FillAsync("Shop in short");
        await page.Button("Make it").ClickAsync();
        await page.Page.GetByRole(AriaRole.Heading, new() { Name = "Shop in short" }).WaitForAsync();

        await page.GoAsync($"/app/p/{project.Id}/{Funnel}");
        await page.ChartAsync("Funnels");
        await page.Button("Save this question").ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("From view to buy");
        await page.ChooseAsync(dialog.GetByRole(AriaRole.Combobox, new() { Name = "On the dashboard" }), "Shop in short");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await dialog.WaitForAsync(new() { State = WaitForSelectorState.Hidden });

        await page.GoAsync($"/app/p/{project.Id}/dashboards");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Shop in short" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Region, new() { Name = "From view to buy" }).GetByText("50%", new() { Exact = true }).WaitForAsync();
        await page.Button("Share by link").ClickAsync();
        await page.Button("Make a link").ClickAsync();
        var link = await page.Page.GetByRole(AriaRole.Dialog).Locator("pre code").InnerTextAsync();

        await using var anyone = await browser.OpenAsync(nimbus);
        // It is found out that nobody is signed in while the question is under way, which must not take its answer away.
        var asked = new TaskCompletionSource();
        var session = anyone.Page.WaitForResponseAsync(response => new Uri(response.Url).AbsolutePath == "/app/session/refresh");
        await anyone.Page.RouteAsync("**/app/session/refresh", async route =>
        {
            await asked.Task;
            await route.ContinueAsync();
        });
        await anyone.Page.RouteAsync("**/v1/shared/dashboards/*", async route =>
        {
            asked.TrySetResult();
            await (await session).FinishedAsync();
            await anyone.Page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            await route.ContinueAsync();
        });
        await anyone.GoAsync(link);
        await anyone.Page.GetByRole(AriaRole.Region, new() { Name = "From view to buy" }).GetByText("50%", new() { Exact = true }).WaitForAsync();
        await anyone.CheckEveryLookAsync("shared-dashboard");

        await page.Button("Take back").ClickAsync();
        await page.Page.GetByText("None.", new() { Exact = true }).WaitForAsync();
        anyone.Expect(HttpStatusCode.NotFound);
        await anyone.GoAsync(link);
        await anyone.SeeAsync("This link does not work");
    }

    [SkippableFact]
    public async Task A_dashboard_shows_every_kind_of_answer_and_is_arranged()
    {
        browser.Require();
        var project = await ProjectAsync();
        (string Kind, string Name, object Query)[] questions =
        [
            ("trends", "Views and buys", new { last_days = 7, bucket = "day", series = new[] { new { name = "view" }, new { name = "buy" } } }),
            ("funnel", "From view to buy", new { last_days = 7, steps = new[] { new { name = "view" }, new { name = "buy" } } }),
            ("retention", "Who comes back", new { last_days = 7, bucket = "day", windows = 4 }),
            ("lifecycle", "New and gone", new { last_days = 7, bucket = "day" }),
            ("stickiness", "How often", new { last_days = 7, bucket = "day" }),
            ("paths", "After a view", new { last_days = 7, start = new { name = "view" } }),
            ("sessions", "Visits", new { last_days = 7 }),
        ];
        List<object> tiles = [];
        foreach (var (kind, name, query) in questions)
        {
            var insight = await MadeAsync(project, "/v1/insights", new { project_id = project.Id, name, kind, query });
            tiles.Add(new { insight_id = insight, x = tiles.Count % 2 * 6, y = tiles.Count / 2 * 4, width = 6, height = 4 });
        }
        var dashboard = await MadeAsync(project, "/v1/dashboards", new { project_id = project.Id, name = "Everything", tiles });

        await using var page = await browser.OpenAsync(project, $"dashboards/{dashboard}");
        ILocator Tile(string name) => page.Page.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });
        foreach (var (_, name, _) in questions)
            await Tile(name).WaitForAsync();
        await Assertions.Expect(page.Page.GetByText("That did not work")).ToHaveCountAsync(0);
        await page.CheckEveryLookAsync("dashboard");
        var table = await page.DownloadAsync(async () =>
        {
            await Tile("From view to buy").GetByRole(AriaRole.Button, new() { Name = "Export and share" }).ClickAsync();
            await page.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Export CSV" }).ClickAsync();
        });
        Assert.Contains("buy,1,50%,50%,1 d", table, StringComparison.Ordinal);

        await Tile("Visits").GetByRole(AriaRole.Button, new() { Name = "Wider" }).ClickAsync();
        await Tile("Visits").GetByRole(AriaRole.Button, new() { Name = "Narrower" }).WaitForAsync();
        await Tile("From view to buy").GetByRole(AriaRole.Button, new() { Name = "Move forward" }).ClickAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Region).Filter(new() { Has = page.Page.GetByRole(AriaRole.Heading, new() { Level = 2 }) }).First)
            .ToHaveAccessibleNameAsync("From view to buy");
        await Tile("Visits").GetByRole(AriaRole.Button, new() { Name = "Take off the dashboard" }).ClickAsync();
        await Assertions.Expect(Tile("Visits")).ToHaveCountAsync(0);
        await page.Page.ReloadAsync();
        await Tile("From view to buy").WaitForAsync();
        await Assertions.Expect(Tile("Visits")).ToHaveCountAsync(0);
    }

    /// <summary>Rows, a picture, and the request that anyone could send.</summary>
    private static async Task CheckExportsAsync(DashboardPage page, ILocator chart, string picture)
    {
        async Task<string> ExportAsync(string how) => await (await page.Page.RunAndWaitForDownloadAsync(async () =>
        {
            await chart.GetByRole(AriaRole.Button, new() { Name = "Export and share" }).ClickAsync();
            await page.Page.GetByRole(AriaRole.Menuitem, new() { Name = how }).ClickAsync();
        })).PathAsync();
        var rows = (await File.ReadAllTextAsync(await ExportAsync("Export CSV"))).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(rows.Length > 1, string.Join('\n', rows));
        var png = await File.ReadAllBytesAsync(await ExportAsync("Export PNG"));
        await File.WriteAllBytesAsync(Path.Combine(Browser.Pictures, $"{picture}-export.png"), png);
        Assert.Equal("PNG"u8.ToArray(), png[1..4]);
        Assert.InRange(png.Length, 5_000, 2_000_000);
        await chart.GetByRole(AriaRole.Button, new() { Name = "API call" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByText(picture == "funnels" ? "/v1/insights/funnel" : $"/v1/insights/{picture}").WaitForAsync();
    }

    private static async Task<Guid> MadeAsync(TestProject project, string path, object what)
    {
        using var body = JsonContent.Create(what);
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, path, body);
        return (await answer.JsonAsync(HttpStatusCode.Created)).GetProperty("id").GetGuid();
    }

    private async Task<TestProject> ProjectAsync()
    {
        var project = await TestProject.CreateAsync(nimbus, "Europe/Berlin");
        var now = DateTimeOffset.UtcNow;
        await project.SendAsync(
            new NimbusEvent("view") { UserId = "ada", Timestamp = now.AddDays(-2) },
            new NimbusEvent("buy") { UserId = "ada", Timestamp = now.AddDays(-1) },
            new NimbusEvent("view") { UserId = "bob", Timestamp = now.AddDays(-1) });
        await project.WaitForCountAsync(3);
        return project;
    }
}
