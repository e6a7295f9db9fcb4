using Microsoft.Playwright;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

[Collection(NimbusSystem.Collection)]
public sealed class TrendsPageTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task The_question_in_the_address_is_answered_and_exported_and_looks_well()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "trends?range=7d&breakdown=%7B%22source%22%3A%22prop%22%2C%22key%22%3A%22plan%22%7D");
        var chart = await page.ChartAsync("Trends");
        await chart.GetByText("Times in Europe/Berlin").WaitForAsync();
        await Assertions.Expect(chart.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        await page.CheckEveryLookAsync("trends");
    }

    [SkippableFact]
    public async Task A_question_is_built_without_a_line_of_code_and_the_link_is_the_answer()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "trends");
        await page.ChartAsync("Trends");

        await page.ChooseAsync(page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Event", Exact = true }), "order.paid");
        await page.ChooseAsync(page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Measured by", Exact = true }), "Sum of");
        await page.ChooseAsync(page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Property", Exact = true }), "amount");
        await page.Button("Add a filter").ClickAsync();
        var filter = page.Page.GetByRole(AriaRole.Group, new() { Name = "Filters", Exact = true });
        await page.ChooseAsync(filter.GetByRole(AriaRole.Combobox, new() { Name = "Property", Exact = true }), "plan");
        await page.ChooseAsync(filter.GetByRole(AriaRole.Combobox, new() { Name = "Value", Exact = true }), "pro");
        // Until the last question is answered, what is shown answers one before it.
        await page.Button("Show as a table").ClickAsync();
        await page.Page.GetByRole(AriaRole.Cell, new() { Name = "42.5", Exact = true }).WaitForAsync();
        await page.Button("Show as a chart").ClickAsync();

        var csv = await page.DownloadAsync(async () =>
        {
            await page.Button("Export and share").ClickAsync();
            await page.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Export CSV" }).ClickAsync();
        });
        Assert.StartsWith("Time,order.paid · Sum of amount\r\n", csv);
        Assert.EndsWith(",42.5\r\n", csv);

        var picture = await page.Page.RunAndWaitForDownloadAsync(async () =>
        {
            await page.Button("Export and share").ClickAsync();
            await page.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Export PNG" }).ClickAsync();
        });
        var png = await File.ReadAllBytesAsync(await picture.PathAsync());
        await File.WriteAllBytesAsync(Path.Combine(Browser.Pictures, "trends-export.png"), png);
        Assert.Equal("PNG"u8.ToArray(), png[1..4]);

        await page.Button("API call").ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByText("/v1/insights/trends").WaitForAsync();

        await using var again = await browser.OpenAsync(nimbus);
        await again.SignInAsync(project.Owner);
        await again.GoAsync(page.Page.Url);
        var chart = await again.ChartAsync("Trends");
        await again.Button("Show as a table").ClickAsync();
        await chart.GetByRole(AriaRole.Cell, new() { Name = "42.5", Exact = true }).WaitForAsync();
        await Assertions.Expect(again.Page.GetByRole(AriaRole.Combobox, new() { Name = "Event", Exact = true })).ToHaveValueAsync("order.paid");
    }

    private async Task<TestProject> ProjectAsync()
    {
        var project = await TestProject.CreateAsync(nimbus, "Europe/Berlin");
        var now = DateTimeOffset.UtcNow;
        await project.SendAsync(
            new NimbusEvent("order.paid") { UserId = "ada", Timestamp = now, PropertiesJson = """{"plan":"pro","amount":42.5}""" },
            new NimbusEvent("order.paid") { UserId = "bob", Timestamp = now, PropertiesJson = """{"plan":"free","amount":7}""" },
            new NimbusEvent("signed_up") { UserId = "ada", Timestamp = now.AddDays(-2), PropertiesJson = """{"plan":"pro"}""" });
        await project.WaitForCountAsync(3);
        return project;
    }
}
