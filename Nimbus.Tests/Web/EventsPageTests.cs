using Microsoft.Playwright;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

[Collection(NimbusSystem.Collection)]
public sealed class EventsPageTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    /// <summary>Would change the tab's name if it ever ran.</summary>
    private const string Hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

    [SkippableFact]
    public async Task Events_are_found_opened_and_shown_as_text_whatever_they_hold()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "events");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "order.paid" }).First.WaitForAsync();
        await Assertions.Expect(page.Page.Locator("[data-row]")).ToHaveCountAsync(3);

        await page.ChooseAsync(page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Event", Exact = true }), Hostile);
        await Assertions.Expect(page.Page.Locator("[data-row]")).ToHaveCountAsync(1);
        await page.Page.Locator("[data-row]").And(page.Page.GetByText(Hostile)).ClickAsync();
        await page.Page.GetByRole(AriaRole.Definition).Filter(new() { HasText = Hostile }).First.WaitForAsync();
        await Assertions.Expect(page.Page).ToHaveTitleAsync("Events · Nimbus");
        await page.CheckAsync("events-hostile");

        await page.GoAsync($"/app/p/{project.Id}/events?user=ada");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "order.paid" }).WaitForAsync();
        await Assertions.Expect(page.Page.Locator("[data-row]")).ToHaveCountAsync(1);
    }

    [SkippableFact]
    public async Task The_arrows_lead_through_the_list()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "events");
        var rows = page.Page.Locator("[data-row]");
        await rows.First.FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowDown");
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(rows.Nth(1)).ToHaveAttributeAsync("aria-expanded", "true");
    }

    [SkippableFact]
    public async Task Events_and_what_is_known_of_them_look_well()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "events");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "order.paid" }).First.ClickAsync();
        await page.CheckEveryLookAsync("events");
        await page.GoAsync($"/app/p/{project.Id}/events?view=schema&name=order.paid");
        await page.Page.GetByRole(AriaRole.Cell, new() { Name = "amount", Exact = true }).WaitForAsync();
        await page.CheckEveryLookAsync("events-schema");
    }

    private async Task<TestProject> ProjectAsync()
    {
        var project = await TestProject.CreateAsync(nimbus, "America/New_York");
        var now = DateTimeOffset.UtcNow;
        await project.SendAsync(
            new NimbusEvent("order.paid") { UserId = "ada", Timestamp = now, PropertiesJson = """{"plan":"pro","amount":42.5,"items":["tea","cup"]}""" },
            new NimbusEvent("order.paid") { UserId = "bob", Timestamp = now.AddHours(-1), PropertiesJson = """{"plan":"free","amount":7}""" },
            new NimbusEvent(Hostile) { AnonymousId = Hostile, Timestamp = now.AddHours(-2), PropertiesJson = System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { [Hostile] = Hostile }) });
        await project.WaitForCountAsync(3);
        return project;
    }
}
